import { CronPattern } from 'croner';

/**
 * A cron expression as what it says about a wall clock, without any time zone: which seconds, minutes, hours and days it names.
 *
 * Wall clock readings are milliseconds as `Date.UTC` counts them, so a reading has no zone, no gap and no repetition; cron.ts
 * lays a zone over it. croner reads the expression, and we walk it ourselves: a Cron object keeps 80 KB of years, and 10,000
 * schedules must be affordable.
 */
export interface Pattern {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Bit 0 is January. */
  readonly months: number;
  /** Which days of a month (from 0) it names; bit 1 is the first. */
  readonly daysOf: (year: number, month: number) => number;
}

const DAY_MS = 86_400_000;
// The calendar repeats after 400 years, weekdays included: what has not fired by then never does.
const CALENDAR_MONTHS = 400 * 12;

/**
 * Reads five or six fields. Throws what croner throws, in words of its own; `explainPattern` has ours.
 */
export function parsePattern(fields: string): Pattern {
  const read = new CronPattern(fields, undefined, { mode: '5-or-6-parts' });
  let memoKey = -1;
  let memo = 0;
  return {
    seconds: namedBy(read.second),
    minutes: namedBy(read.minute),
    hours: namedBy(read.hour),
    months: read.month.reduce((mask, named, month) => (named ? mask | (1 << month) : mask), 0),
    daysOf: dayRule(read, (key, compute) => {
      if (key !== memoKey) [memoKey, memo] = [key, compute()];
      return memo;
    }),
  };
}

/** The first reading strictly after `wall`; null when the pattern never fires. */
export function nextWall(pattern: Pattern, wall: number): number | null {
  const from = Math.floor(wall / 1000) * 1000 + 1000;
  const date = new Date(from);
  let [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  let day = date.getUTCDate();
  if (namesDay(pattern, year, month, day)) {
    const second = timeFrom(pattern, modulo(from, DAY_MS) / 1000);
    if (second !== null) return Date.UTC(year, month, day) + second * 1000;
  }
  for (let months = 0; months <= CALENDAR_MONTHS; months++) {
    // Bits up to and including `day` are behind us.
    const days = pattern.months & (1 << month) ? (pattern.daysOf(year, month) >>> (day + 1)) << (day + 1) : 0;
    // A shift by 32 would be a shift by 0.
    if (day < 31 && days !== 0) {
      return Date.UTC(year, month, lowestBit(days)) + (timeFrom(pattern, 0) ?? 0) * 1000;
    }
    day = 0;
    if (++month === 12) [year, month] = [year + 1, 0];
  }
  return null;
}

/** The last reading at or before `wall`; null when the pattern never fires. */
export function lastWall(pattern: Pattern, wall: number): number | null {
  const until = Math.floor(wall / 1000) * 1000;
  const date = new Date(until);
  let [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  let day = date.getUTCDate();
  if (namesDay(pattern, year, month, day)) {
    const second = timeUntil(pattern, modulo(until, DAY_MS) / 1000);
    if (second !== null) return Date.UTC(year, month, day) + second * 1000;
  }
  for (let months = 0; months <= CALENDAR_MONTHS; months++) {
    const before = day === 32 ? -1 : (1 << day) - 1;
    const days = pattern.months & (1 << month) ? pattern.daysOf(year, month) & before : 0;
    if (days !== 0) return Date.UTC(year, month, highestBit(days)) + (timeUntil(pattern, 86_399) ?? 0) * 1000;
    day = 32;
    if (--month < 0) [year, month] = [year - 1, 11];
  }
  return null;
}

/** How many readings lie from `from` to `to`, both included; counted by days, not by readings. */
export function countWall(pattern: Pattern, from: number, to: number): number {
  if (from > to) return 0;
  const perDay = pattern.hours.length * pattern.minutes.length * pattern.seconds.length;
  const [firstDay, lastDay] = [Math.floor(from / DAY_MS), Math.floor(to / DAY_MS)];
  let count = 0;
  for (let day = firstDay; day <= lastDay; day++) {
    const date = new Date(day * DAY_MS);
    if (!namesDay(pattern, date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate())) continue;
    count += day === lastDay ? timesUntil(pattern, Math.floor(modulo(to, DAY_MS) / 1000)) : perDay;
    if (day === firstDay) count -= timesUntil(pattern, Math.ceil(modulo(from, DAY_MS) / 1000) - 1);
  }
  return count;
}

function namesDay(pattern: Pattern, year: number, month: number, day: number): boolean {
  return (pattern.months & (1 << month)) !== 0 && (pattern.daysOf(year, month) & (1 << day)) !== 0;
}

/** First named second of the day that is `from` or later. */
function timeFrom(pattern: Pattern, from: number): number | null {
  const [hour, minute, second] = [Math.floor(from / 3600), Math.floor(from / 60) % 60, from % 60];
  const firstMinute = pattern.minutes[0] ?? 0;
  const firstSecond = pattern.seconds[0] ?? 0;
  for (const h of pattern.hours) {
    if (h > hour) return h * 3600 + firstMinute * 60 + firstSecond;
    if (h < hour) continue;
    for (const m of pattern.minutes) {
      if (m > minute) return h * 3600 + m * 60 + firstSecond;
      if (m < minute) continue;
      const s = pattern.seconds.find((candidate) => candidate >= second);
      if (s !== undefined) return h * 3600 + m * 60 + s;
    }
  }
  return null;
}

/** Last named second of the day that is `until` or earlier. */
function timeUntil(pattern: Pattern, until: number): number | null {
  const [hour, minute, second] = [Math.floor(until / 3600), Math.floor(until / 60) % 60, until % 60];
  const lastMinute = pattern.minutes.at(-1) ?? 0;
  const lastSecond = pattern.seconds.at(-1) ?? 0;
  for (const h of pattern.hours.toReversed()) {
    if (h < hour) return h * 3600 + lastMinute * 60 + lastSecond;
    if (h > hour) continue;
    for (const m of pattern.minutes.toReversed()) {
      if (m < minute) return h * 3600 + m * 60 + lastSecond;
      if (m > minute) continue;
      const s = pattern.seconds.findLast((candidate) => candidate <= second);
      if (s !== undefined) return h * 3600 + m * 60 + s;
    }
  }
  return null;
}

/** How many named seconds of a day are `until` or earlier. */
function timesUntil(pattern: Pattern, until: number): number {
  if (until < 0) return 0;
  const [hour, minute, second] = [Math.floor(until / 3600), Math.floor(until / 60) % 60, until % 60];
  const below = (list: readonly number[], limit: number) => list.filter((value) => value < limit).length;
  const { hours, minutes, seconds } = pattern;
  let count = below(hours, hour) * minutes.length * seconds.length;
  if (!hours.includes(hour)) return count;
  count += below(minutes, minute) * seconds.length;
  return minutes.includes(minute) ? count + below(seconds, second + 1) : count;
}

/**
 * The days of a month, by croner's own reading of its fields: day of the month or day of the week where both are named (`+`
 * before the weekday: and), `L`, `LW`, `15W` and `FRI#2`. A test holds it against croner itself.
 */
function dayRule(read: CronPattern, memo: (key: number, compute: () => number) => number): Pattern['daysOf'] {
  const { day, dayOfWeek, starDOM, starDOW, useAndLogic, lastDayOfMonth, lastWeekday } = read;
  const nearest = namedBy(read.nearestWeekdays).map((index) => index + 1);
  return (year, month) =>
    memo(year * 12 + month, () => {
      const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
      const weekdayOfFirst = new Date(Date.UTC(year, month, 1)).getUTCDay();
      const weekday = (date: number) => (weekdayOfFirst + date - 1) % 7;
      const special = new Set(nearest.filter((date) => date <= last).map((date) => workday(date, last, weekday)));
      if (lastDayOfMonth) special.add(last);
      if (lastWeekday) special.add(workday(last, last, weekday));
      let mask = 0;
      for (let date = 1; date <= last; date++) {
        const byDate = Boolean(day[date - 1]) || special.has(date);
        // One bit for each of the month's five such weekdays, the sixth for its last one.
        const which = (1 << Math.ceil(date / 7 - 1)) | (date + 7 > last ? 32 : 0);
        const byWeekday = starDOW || ((dayOfWeek[weekday(date)] ?? 0) & which) !== 0;
        const isEither = !starDOW && !starDOM && !useAndLogic;
        if (isEither ? byDate || byWeekday : byDate && byWeekday) mask |= 1 << date;
      }
      return mask;
    });
}

/** The day from Monday to Friday that is nearest to a date without leaving the month. */
function workday(date: number, last: number, weekday: (date: number) => number): number {
  if (weekday(date) === 6) return date > 1 ? date - 1 : date + 2;
  if (weekday(date) === 0) return date < last ? date + 1 : date - 2;
  return date;
}

function namedBy(flags: readonly number[]): number[] {
  return flags.flatMap((flag, value) => (flag ? [value] : []));
}

const modulo = (value: number, divisor: number) => ((value % divisor) + divisor) % divisor;
const lowestBit = (mask: number) => 31 - Math.clz32(mask & -mask);
const highestBit = (mask: number) => 31 - Math.clz32(mask);
