import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  closedHoursOf,
  countByHours,
  isClosed,
  lastOpenDue,
  nextOpenDue,
  openDueBetween,
  type ClosedHours,
} from '../../../electron/scheduler/trigger/closed-hours.ts';
import { dueBetween, parseSchedule, type Schedule } from '../../../electron/scheduler/trigger/cron.ts';
import { jitteredStart } from '../../../electron/scheduler/trigger/jitter.ts';
import { processorTime } from '../../support/processor-time.ts';

const HOUR = 3_600_000;
const BERLIN = 'Europe/Berlin';

function schedule(expression: string, timezone = BERLIN): Schedule {
  const parsed = parseSchedule(expression, timezone);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.schedule;
}

const hours = (notBetween: readonly string[], timezone = BERLIN) => closedHoursOf(notBetween, timezone) as ClosedHours;
const at = (text: string) => Date.parse(text);
const iso = (moment: number | null) => (moment === null ? null : new Date(moment).toISOString().slice(0, 16));

test('hours over midnight are closed from the first minute up to the last, which is open', () => {
  const night = hours(['22:00-06:00']);
  const closed = ['20:59:59', '21:00:00', '23:30:00', '04:59:59', '05:00:00'].map((time) =>
    isClosed(night, at(`2026-01-10T${time}Z`)),
  );
  expect(closed).toEqual([false, true, true, true, false]);
  expect(night.reason).toBe('Not between 22:00 and 06:00.');
  expect(hours(['22:00-06:00', '12:00-13:00']).reason).toBe('Not between 22:00 and 06:00 nor between 12:00 and 13:00.');
});

test('the wall clock decides through a clock change: a repeated hour is closed twice, a left-out one closes nothing', () => {
  const early = hours(['02:00-03:00']);
  const everyHalfHour = schedule('*/30 * * * *');
  const spring = openDueBetween(everyHalfHour, early, at('2026-03-29T00:29Z'), at('2026-03-29T02:00Z'));
  expect(spring.map(iso)).toEqual(['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30', '2026-03-29T02:00']);
  const autumn = openDueBetween(everyHalfHour, early, at('2026-10-24T23:29Z'), at('2026-10-25T02:30Z'));
  expect(autumn.map(iso)).toEqual(['2026-10-24T23:30', '2026-10-25T02:00', '2026-10-25T02:30']);
  expect(iso(nextOpenDue(everyHalfHour, early, at('2026-10-24T23:30Z')))).toBe('2026-10-25T02:00');
  expect(iso(lastOpenDue(everyHalfHour, early, at('2026-10-25T01:59Z')))).toBe('2026-10-24T23:30');
});

test('a schedule that is never due outside of its closed hours has no next moment', () => {
  expect(nextOpenDue(schedule('30 23 * * *'), hours(['22:00-06:00']), at('2026-01-01T00:00Z'))).toBeNull();
  expect(nextOpenDue(schedule('* * * * *'), hours(['00:00-12:00', '12:00-00:00']), at('2026-01-01T00:00Z'))).toBeNull();
});

test('next, last and the counts are those of a walk over every occurrence, in any zone and over clock changes', () => {
  const clock = fc.integer({ min: 0, max: 95 }).map((quarter) => {
    const two = (value: number) => String(value).padStart(2, '0');
    return `${two(Math.floor(quarter / 4))}:${two((quarter % 4) * 15)}`;
  });
  const span = fc.tuple(clock, clock).filter(([from, to]) => from !== to);
  const zone = fc.constantFrom(BERLIN, 'UTC', 'America/St_Johns', 'Australia/Lord_Howe');
  const expression = fc.constantFrom('*/20 * * * *', '7 */3 * * *', '0 2,14 * * *');
  const begin = fc.constantFrom('2026-03-28T03:00Z', '2026-10-24T05:10Z', '2026-04-04T00:00Z', '2026-07-01T00:00Z');
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 3 }), zone, expression, begin, (spans, tz, cron, from) => {
      const closed = hours(
        spans.map((pair) => pair.join('-')),
        tz,
      );
      const rule = schedule(cron, tz);
      const [start, end] = [at(from), at(from) + 60 * HOUR];
      const all = dueBetween(rule, start, end, Infinity);
      const open = all.filter((due) => !isClosed(closed, due));
      const shut = all.filter((due) => isClosed(closed, due));
      expect(countByHours(rule, closed, start, end)).toEqual({
        open: open.length,
        closed: shut.length === 0 ? null : { count: shut.length, firstAt: shut[0], lastAt: shut.at(-1) },
      });
      const next = nextOpenDue(rule, closed, start);
      expect(next !== null && next <= end ? next : undefined).toBe(open[0]);
      const last = lastOpenDue(rule, closed, end);
      expect(last !== null && last > start ? last : undefined).toBe(open.at(-1));
    }),
    { numRuns: 40 },
  );
});

test('counting a year of seconds in closed hours takes no time', () => {
  const took = processorTime();
  const { open, closed } = countByHours(
    schedule('* * * * * *', 'UTC'),
    hours(['22:00-06:00'], 'UTC'),
    at('2025-01-01T00:00Z') - 1,
    at('2026-01-01T00:00Z') - 1,
  );
  expect([open, closed?.count]).toEqual([365 * 16 * 3_600, 365 * 8 * 3_600]);
  expect(took()).toBeLessThan(250);
});

test('jitter is the same for one occurrence, other for another, spread over its whole length, in whole seconds', () => {
  const dueAt = at('2026-01-10T12:00Z');
  const start = (job: string, moment = dueAt) =>
    jitteredStart({ job, schedule: '@daily', dueAt: moment }, 30_000, null);
  expect(start('backup')).toBe(start('backup'));
  const delays = Array.from({ length: 400 }, (_, index) => start(`job-${index}`) - dueAt);
  expect(new Set(delays.map((ms) => ms % 1_000))).toEqual(new Set([0]));
  expect([Math.min(...delays), Math.max(...delays)]).toEqual([0, 30_000]);
  expect(
    new Set([0, 1, 2, 3, 4].map((day) => start('backup', dueAt + day * 24 * HOUR) - dueAt - day * 24 * HOUR)).size,
  ).toBeGreaterThan(1);
});

test('jitter never carries a start into closed hours', () => {
  const dueAt = at('2026-01-10T20:59:50Z');
  const starts = Array.from({ length: 50 }, (_, index) =>
    jitteredStart({ job: `job-${index}`, schedule: '@daily', dueAt }, HOUR, hours(['22:00-06:00'])),
  );
  expect(starts.some((start) => start > dueAt)).toBe(true);
  expect(Math.max(...starts)).toBeLessThan(at('2026-01-10T21:00:00Z'));
});
