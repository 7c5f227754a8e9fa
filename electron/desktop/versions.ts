/** Whether one version is newer than another; a pre-release is older than its release, and what is no version is old. */
export function isNewer(version: string, than: string): boolean {
  const [left, right] = [partsOf(version), partsOf(than)];
  for (let place = 0; place < 3; place += 1) {
    const difference = (left.numbers[place] ?? 0) - (right.numbers[place] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  if (left.preRelease === '' || right.preRelease === '') return left.preRelease === '' && right.preRelease !== '';
  return left.preRelease.localeCompare(right.preRelease, 'en', { numeric: true }) > 0;
}

function partsOf(version: string): { numbers: readonly number[]; preRelease: string } {
  const [core = '', preRelease = ''] = version.split('+')[0]!.split(/-(.*)/s);
  return { numbers: core.split('.').map((part) => Number.parseInt(part, 10) || 0), preRelease };
}
