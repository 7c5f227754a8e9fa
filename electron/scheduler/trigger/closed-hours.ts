import { countDue, dueBetween, lastDue, nextDue, type Schedule } from './cron.ts';
import { zoneOf } from './zones.ts';

/**
 * `not_between`: hours of the day, in the job's zone, in which no scheduled run starts (product.md, Windows).
 *
 * What the wall clock shows decides: an hour that is repeated is closed both times, and one that a clock change leaves out closes
 * nothing. The first minute is closed, the last is not: after `22:00-06:00` a run of 06:00 starts.
 */
export interface ClosedHours {
  /** Milliseconds since midnight; `to` before `from` where midnight lies between. */
  readonly spans: readonly { readonly from: number; readonly to: number }[];
  /** IANA name; null: the machine's, asked anew at each look. */
  readonly timezone: string | null;
  /** Why a run was skipped, as a sentence that stays the same, so that consecutive skips are one row. */
  readonly reason: string;
}

const DAY_MS = 86_400_000;
/** A job that is never due outside of its closed hours is given up on after this many closed stretches: more than a year. */
const STRETCHES = 400;

/** Null where nothing is closed, which is how most jobs are. */
export function closedHoursOf(notBetween: readonly string[], timezone: string | null): ClosedHours | null {
  if (notBetween.length === 0) return null;
  const pairs = notBetween.map((hours) => hours.split('-') as [string, string]);
  return {
    spans: pairs.map(([from, to]) => ({ from: timeOfDay(from), to: timeOfDay(to) })),
    timezone,
    reason: `Not ${pairs.map(([from, to]) => `between ${from} and ${to}`).join(' nor ')}.`,
  };
}

export function isClosed({ spans, timezone }: ClosedHours, at: number): boolean {
  const { offset } = zoneOf(timezone).stretchAt(at);
  const time = modulo(at + offset, DAY_MS);
  return spans.some(({ from, to }) => (from < to ? from <= time && time < to : time >= from || time < to));
}

/** Up to here, exclusive, it stays as it is at `at`: open, or closed. May come early: it then stays so beyond as well. */
export function changesAfter({ spans, timezone }: ClosedHours, at: number): number {
  const { offset, to } = zoneOf(timezone).stretchAt(at);
  const wall = at + offset;
  const edges = spans.flatMap((span) => [span.from, span.to]);
  return Math.min(to, ...edges.map((edge) => wall + (modulo(edge - wall, DAY_MS) || DAY_MS) - offset));
}

/** From here, inclusive, it is as it is at `at`. May come late, as `changesAfter` may come early. */
function unchangedFrom({ spans, timezone }: ClosedHours, at: number): number {
  const { offset, from } = zoneOf(timezone).stretchAt(at);
  const wall = at + offset;
  const edges = spans.flatMap((span) => [span.from, span.to]);
  return Math.max(from, ...edges.map((edge) => wall - modulo(wall - edge, DAY_MS) - offset));
}

/** As `nextDue`, without what falls into closed hours; null too where the hours leave nothing of a year. */
export function nextOpenDue(schedule: Schedule, hours: ClosedHours | null, after: number): number | null {
  let at = nextDue(schedule, after);
  if (hours === null) return at;
  for (let tries = triesFor(hours); at !== null && isClosed(hours, at); tries -= 1) {
    if (tries === 0) return null;
    at = nextDue(schedule, changesAfter(hours, at) - 1);
  }
  return at;
}

/** As `lastDue`, without what falls into closed hours. */
export function lastOpenDue(schedule: Schedule, hours: ClosedHours | null, before: number): number | null {
  let at = lastDue(schedule, before);
  if (hours === null) return at;
  for (let tries = triesFor(hours); at !== null && isClosed(hours, at); tries -= 1) {
    if (tries === 0) return null;
    at = lastDue(schedule, unchangedFrom(hours, at) - 1);
  }
  return at;
}

/** As `dueBetween` without a limit, and without what falls into closed hours. */
export function openDueBetween(schedule: Schedule, hours: ClosedHours | null, after: number, to: number): number[] {
  const due = dueBetween(schedule, after, to, Infinity);
  return hours === null ? due : due.filter((at) => !isClosed(hours, at));
}

export interface CountedHours {
  readonly open: number;
  /** Null where nothing fell into closed hours. */
  readonly closed: { readonly count: number; readonly firstAt: number; readonly lastAt: number } | null;
}

/** How many occurrences there are after `after`, up to and with `to`; they are counted, not walked. */
export function countByHours(schedule: Schedule, hours: ClosedHours | null, after: number, to: number): CountedHours {
  if (hours === null) return { open: countDue(schedule, after, to), closed: null };
  let open = 0;
  let closed = null as CountedHours['closed'];
  for (let from = Math.floor(after) + 1; from <= to;) {
    const end = Math.min(changesAfter(hours, from), Math.floor(to) + 1);
    const count = countDue(schedule, from - 1, end - 1);
    if (!isClosed(hours, from)) open += count;
    else if (count > 0) {
      const firstAt: number = closed?.firstAt ?? (nextDue(schedule, from - 1) as number);
      closed = { count: (closed?.count ?? 0) + count, firstAt, lastAt: lastDue(schedule, end - 1) as number };
    }
    from = end;
  }
  return { open, closed };
}

function timeOfDay(text: string): number {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  return (hour * 60 + minute) * 60_000;
}

const triesFor = ({ spans }: ClosedHours) => STRETCHES * 2 * spans.length;
const modulo = (value: number, divisor: number) => ((value % divisor) + divisor) % divisor;
