const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** For people, in thousands as job files count them: `512 MB`, `1.5 GB`. */
export function sizeInWords(bytes: number): string {
  let [unit, value] = [0, bytes];
  // What would be rounded to a thousand is one of the next unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value < 9.95 && unit > 0 ? Number(value.toFixed(1)) : Math.round(value)} ${UNITS[unit]}`;
}
