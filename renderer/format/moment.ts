/**
 * Moments in words, always of a named zone. The window speaks English whatever the system's language is, so that what it says
 * and what the job file says are one language; hours are 0 to 23.
 */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  let made = formats.get(key);
  // Making one takes a tenth of a millisecond, and lists ask thousands of times.
  if (!made)
    formats.set(key, (made = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options })));
  return made;
}

/** `21:43` */
export const clockTime = (at: number, zone: string): string =>
  format(zone, { hour: '2-digit', minute: '2-digit' }).format(at);

/** `21:43:07` */
export const clockSeconds = (at: number, zone: string): string =>
  format(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at);

/** `Thu 19 Nov` */
export const dayAndMonth = (at: number, zone: string): string =>
  format(zone, { weekday: 'short', day: 'numeric', month: 'short' }).format(at).replace(',', '');

/** `Thursday` */
export const weekday = (at: number, zone: string): string => format(zone, { weekday: 'long' }).format(at);

/** `Thu 19 Nov 2026, 02:00:00 Europe/Berlin` */
export function fullMoment(at: number, zone: string): string {
  const day = format(zone, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' })
    .format(at)
    .replace(',', '');
  return `${day}, ${clockSeconds(at, zone)} ${zone}`;
}

/** The calendar day, to compare and to group by: `2026-11-19`. */
export const dayKey = (at: number, zone: string): string =>
  format(zone, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(at).split('/').reverse().join('-');

/** 0 to 23, of the zone's wall clock. */
export const hourOf = (at: number, zone: string): number => Number(format(zone, { hour: '2-digit' }).format(at));

/** Time alone today, with the day otherwise: `21:43`, `Mon 08:00`, `3 Dec 08:00`. */
export function nearMoment(at: number, now: number, zone: string): string {
  if (dayKey(at, zone) === dayKey(now, zone)) return clockTime(at, zone);
  const isNear = Math.abs(at - now) < 6 * 86_400_000;
  const day = isNear
    ? format(zone, { weekday: 'short' }).format(at)
    : format(zone, { day: 'numeric', month: 'short' }).format(at);
  return `${day} ${clockTime(at, zone)}`;
}

/** The next time the zone's wall clock shows this hour, after `from`. */
export function nextHour(from: number, hour: number, zone: string): number {
  // Steps of a quarter of an hour: every zone's offset is a multiple of it.
  const QUARTER = 900_000;
  let at = Math.floor(from / QUARTER) * QUARTER + QUARTER;
  const target = `${String(hour).padStart(2, '0')}:00`;
  for (let i = 0; i < 200 && clockTime(at, zone) !== target; i++) at += QUARTER;
  return at;
}
