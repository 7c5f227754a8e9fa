/** Characters of a name in a native menu, which cuts nothing itself and grows as wide as its widest line. */
const NAME_LENGTH = 32;

/** A name for a menu: cut in the middle, where names that belong together differ least. */
export function menuName(name: string): string {
  if (name.length <= NAME_LENGTH) return name;
  const kept = NAME_LENGTH - 1;
  return `${name.slice(0, Math.ceil(kept / 2))}…${name.slice(-Math.floor(kept / 2))}`;
}

/** An absolute moment, because nothing in a menu ticks: "21:45", "Tue 06:00", "Tue 8 Dec 06:00". */
export function menuMoment(at: number, now: number, timezone: string): string {
  const of = (moment: number, format: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { timeZone: timezone, ...format }).format(moment);
  const time = of(at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const date: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'numeric', day: 'numeric' };
  if (of(at, date) === of(now, date)) return time;
  const weekday = of(at, { weekday: 'short' });
  const WEEK_MS = 6 * 24 * 3_600_000;
  if (Math.abs(at - now) < WEEK_MS) return `${weekday} ${time}`;
  return `${weekday} ${of(at, { day: 'numeric', month: 'short' })} ${time}`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A native menu reads `&` as the mark of a key. */
export function menuLabel(text: string): string {
  return text.replaceAll('&', '&&');
}
