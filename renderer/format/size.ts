const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** As the job file counts them, in thousands: `512 MB`, `1.5 GB`. */
export function formatSize(bytes: number): string {
  let unit = 0;
  let value = bytes;
  // What would be rounded to a thousand is one of the next unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${value < 9.95 && unit > 0 ? Number(value.toFixed(1)) : Math.round(value)} ${UNITS[unit]}`;
}

/** Of processors that were busy: `0.07 cores`, `1 core`. */
export function formatCores(cores: number): string {
  const rounded = Number(cores.toFixed(cores < 10 ? 2 : 1));
  return `${rounded} ${rounded === 1 ? 'core' : 'cores'}`;
}
