const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const join = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;

/** How long something took: `0.4 s`, `7.2 s`, `1 m 48 s`, `4 h 18 m`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < SECOND && whole > 0) return `${Math.max(0.1, Math.round(whole / 100) / 10)} s`;
  if (whole < 10 * SECOND) return `${Math.floor(whole / 100) / 10} s`;
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)} s`;
  if (whole < HOUR) return join(Math.floor(whole / MINUTE), 'm', Math.floor((whole % MINUTE) / SECOND), 's');
  if (whole < DAY) return join(Math.floor(whole / HOUR), 'h', Math.floor((whole % HOUR) / MINUTE), 'm');
  return join(Math.floor(whole / DAY), 'd', Math.floor((whole % DAY) / HOUR), 'h');
}

/** A prediction is no stopwatch: ten seconds under ten minutes, minutes beyond. */
export function formatAbout(ms: number): string {
  const step = ms < MINUTE ? 5 * SECOND : ms < 10 * MINUTE ? 10 * SECOND : MINUTE;
  return formatDuration(Math.max(step, Math.round(ms / step) * step));
}

/** How long until: seconds under ten minutes, minutes under ten hours, hours under two days, days beyond. */
export function formatUntil(ms: number): string {
  if (ms <= 0) return 'now';
  if (ms < 10 * MINUTE) return `in ${formatDuration(Math.ceil(ms / SECOND) * SECOND)}`;
  if (ms < 10 * HOUR) return `in ${formatDuration(Math.floor(ms / MINUTE) * MINUTE)}`;
  if (ms < 2 * DAY) return `in ${Math.floor(ms / HOUR)} h`;
  return `in ${Math.floor(ms / DAY)} d`;
}

/** How often, about: `every second`, `every 15 min`, `every hour`. */
export function everyText(ms: number): string {
  const [unitMs, one, unit] =
    ms < MINUTE ? [SECOND, 'second', 's'] : ms < HOUR ? [MINUTE, 'minute', 'min'] : [HOUR, 'hour', 'h'];
  const n = Math.max(1, Math.round(ms / Number(unitMs)));
  return n === 1 ? `every ${one}` : `every ${n} ${unit}`;
}
