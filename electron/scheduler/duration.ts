const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** A duration as job files write it: `90s` stays `90s`, `600000` ms is `10m`. */
export function writeDuration(ms: number): string {
  for (const [unit, length] of UNITS) {
    if (ms >= length && ms % length === 0) return `${ms / length}${unit}`;
  }
  return `${ms / 1_000}s`;
}
