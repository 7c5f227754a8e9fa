/**
 * The DST rule in the slowest and plainest way, for minutes: look at every minute's wall clock by Intl, and decide for every
 * reading. Shares nothing with what it judges.
 */
export interface Fields {
  minute: string;
  hour: string;
  day: string;
  weekday: string;
}

const MINUTE = 60_000;
const tables = new Map<string, { at: number; wall: number }[]>();

/** Every minute of a window with the wall clock's reading, as `Date.UTC` would count it. */
function minutesOf(timezone: string, from: number, to: number) {
  const key = `${timezone} ${from} ${to}`;
  let table = tables.get(key);
  if (table === undefined) {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
    table = [];
    for (let at = from; at <= to; at += MINUTE) {
      const part: Record<string, number> = {};
      for (const { type, value } of format.formatToParts(at)) part[type] = Number(value);
      const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
      table.push({ at, wall: Date.UTC(year, month - 1, day, hour, minute, second) });
    }
    tables.set(key, table);
  }
  return table;
}

export function matches(field: string, value: number, low: number, high: number): boolean {
  return field.split(',').some((item) => {
    const [range = '', step = '1'] = item.split('/');
    const [from, to = from] = range === '*' ? [low, high] : range.split('-').map(Number);
    return (
      from !== undefined && to !== undefined && value >= from && value <= to && (value - from) % Number(step) === 0
    );
  });
}

function fires(fields: Fields, wall: number): boolean {
  const date = new Date(wall);
  const byDay = matches(fields.day, date.getUTCDate(), 1, 31);
  const byWeekday = matches(fields.weekday, date.getUTCDay(), 0, 6);
  const isEither = fields.day !== '*' && fields.weekday !== '*';
  return (
    matches(fields.minute, date.getUTCMinutes(), 0, 59) &&
    matches(fields.hour, date.getUTCHours(), 0, 23) &&
    (isEither ? byDay || byWeekday : byDay && byWeekday)
  );
}

export function modelDue(fields: Fields, timezone: string, from: number, to: number): number[] {
  const table = minutesOf(timezone, from, to);
  if ([...Array(24).keys()].every((hour) => matches(fields.hour, hour, 0, 23))) {
    return table.filter(({ wall }) => fires(fields, wall)).map(({ at }) => at);
  }
  const due = new Set<number>();
  const seen = new Set<number>();
  table.forEach(({ at, wall }, index) => {
    if (!seen.has(wall) && fires(fields, wall)) due.add(at);
    seen.add(wall);
    // Readings that the clock jumped over, each as long after the jump as it lies in the gap.
    const next = table[index + 1]?.wall ?? wall;
    for (let skipped = wall + MINUTE; skipped < next; skipped += MINUTE) {
      if (fires(fields, skipped)) due.add(at + (skipped - wall));
    }
  });
  return [...due].filter((at) => at <= to).sort((a, b) => a - b);
}
