import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  countDue,
  dueBetween,
  lastDue,
  nextDue,
  parseSchedule,
  type Schedule,
} from '../../../electron/scheduler/trigger/cron.ts';
import { inTimezone } from '../../support/in-timezone.ts';
import { processorTime } from '../../support/processor-time.ts';
import { modelDue, type Fields } from './wall-clock-model.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function schedule(expression: string, timezone: string | null = 'UTC'): Schedule {
  const parsed = parseSchedule(expression, timezone);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.schedule;
}

/** Due moments within local days of a zone, as the zone's wall clock shows them: `02:30+1` is 02:30 at UTC+1. */
function onDay(expression: string, timezone: string, fromIso: string, toIso: string): string[] {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'shortOffset',
  });
  const moments = dueBetween(schedule(expression, timezone), Date.parse(fromIso) - 1, Date.parse(toIso), 10_000);
  return moments.map((at) => format.format(at).replace(' GMT', ''));
}

describe('a schedule that names hours', () => {
  const berlinSpring = ['Europe/Berlin', '2026-03-29T00:00:00+01:00', '2026-03-29T12:00:00+02:00'] as const;
  const berlinAutumn = ['Europe/Berlin', '2026-10-25T00:00:00+02:00', '2026-10-25T12:00:00+01:00'] as const;

  test.each([
    ['30 2 * * *', ['03:30+2']],
    ['0 2 * * *', ['03:00+2']],
    ['0 3 * * *', ['03:00+2']],
    ['15,45 2 * * *', ['03:15+2', '03:45+2']],
    ['*/30 2 * * *', ['03:00+2', '03:30+2']],
    ['*/30 2,3 * * *', ['03:00+2', '03:30+2']],
    ['0 */2 * * *', ['00:00+1', '03:00+2', '04:00+2', '06:00+2', '08:00+2', '10:00+2', '12:00+2']],
    ['30 1-4 * * *', ['01:30+1', '03:30+2', '04:30+2']],
    ['59 59 2 * * *', ['03:59+2']],
  ])('in Berlin, where 02:00 is followed by 03:00, %s fires at %j', (expression, expected) => {
    expect(onDay(expression, ...berlinSpring)).toEqual(expected);
  });

  test.each([
    ['30 2 * * *', ['02:30+2']],
    ['15,45 2 * * *', ['02:15+2', '02:45+2']],
    ['*/30 2 * * *', ['02:00+2', '02:30+2']],
    ['0 3 * * *', ['03:00+1']],
    ['0 */2 * * *', ['00:00+2', '02:00+2', '04:00+1', '06:00+1', '08:00+1', '10:00+1', '12:00+1']],
    ['30 1-3 * * *', ['01:30+2', '02:30+2', '03:30+1']],
  ])('in Berlin, where 02:00 to 03:00 comes twice, %s fires at %j', (expression, expected) => {
    expect(onDay(expression, ...berlinAutumn)).toEqual(expected);
  });

  test('in New York a job of 02:30 runs at 03:30 in spring and in the first 01:30 in autumn', () => {
    expect(onDay('30 2 * * *', 'America/New_York', '2026-03-08T00:00:00-05:00', '2026-03-08T12:00:00-04:00')).toEqual([
      '03:30-4',
    ]);
    expect(onDay('30 1 * * *', 'America/New_York', '2026-11-01T00:00:00-04:00', '2026-11-01T12:00:00-05:00')).toEqual([
      '01:30-4',
    ]);
  });

  test('on Lord Howe Island the gap and the repetition are half an hour', () => {
    const spring = ['Australia/Lord_Howe', '2026-10-04T00:00:00+10:30', '2026-10-04T12:00:00+11:00'] as const;
    expect(onDay('15 2 * * *', ...spring)).toEqual(['02:45+11']);
    expect(onDay('15,45 2 * * *', ...spring)).toEqual(['02:45+11']);
    const autumn = ['Australia/Lord_Howe', '2026-04-05T00:00:00+11:00', '2026-04-05T12:00:00+10:30'] as const;
    expect(onDay('45 1 * * *', ...autumn)).toEqual(['01:45+11']);
    expect(onDay('15,45 1 * * *', ...autumn)).toEqual(['01:15+11', '01:45+11']);
  });

  test('where the gap is at midnight, a job of midnight runs at one and belongs to the new day', () => {
    expect(onDay('0 0 * * *', 'America/Santiago', '2026-09-05T12:00:00-04:00', '2026-09-06T12:00:00-03:00')).toEqual([
      '01:00-3',
    ]);
    expect(onDay('0 0 * * 0', 'Asia/Beirut', '2026-03-28T12:00:00+02:00', '2026-03-29T12:00:00+03:00')).toEqual([
      '01:00+3',
    ]);
    expect(onDay('59 23 * * *', 'America/Santiago', '2026-04-04T12:00:00-03:00', '2026-04-05T12:00:00-04:00')).toEqual([
      '23:59-3',
    ]);
  });

  test('where a whole day is skipped, its runs move to the day after and merge with that one’s', () => {
    const apia = ['Pacific/Apia', '2011-12-29T00:00:00-10:00', '2012-01-01T00:00:00+14:00'] as const;
    expect(onDay('0 12 * * *', ...apia)).toEqual(['12:00-10', '12:00+14']);
    expect(onDay('0 12 30 12 *', ...apia)).toEqual(['12:00+14']);
    expect(onDay('0 12 30 * 6', ...apia)).toEqual(['12:00+14']);
  });
});

describe('a schedule of every hour', () => {
  test.each(['0 * * * *', '0 */1 * * *', '0 ? * * *', '0 0-23 * * *', '@hourly'])(
    '%s goes by elapsed time',
    (expression) => {
      const spring = onDay(expression, 'Europe/Berlin', '2026-03-29T01:00:00+01:00', '2026-03-29T04:00:00+02:00');
      expect(spring).toEqual(['01:00+1', '03:00+2', '04:00+2']);
      const autumn = onDay(expression, 'Europe/Berlin', '2026-10-25T01:00:00+02:00', '2026-10-25T03:00:00+01:00');
      expect(autumn).toEqual(['01:00+2', '02:00+2', '02:00+1', '03:00+1']);
    },
  );

  test('every ten minutes is every ten minutes across a change', () => {
    const moments = dueBetween(
      schedule('*/10 * * * *', 'Australia/Lord_Howe'),
      Date.parse('2026-04-04T00:00:00Z'),
      Date.parse('2026-04-06T00:00:00Z'),
      1_000,
    );
    expect(moments).toHaveLength(288);
    expect(new Set(moments.map((at, index) => at - (moments[index - 1] ?? at - 600_000)))).toEqual(new Set([600_000]));
  });
});

describe('next and last', () => {
  test('next is strictly after, last is at or before', () => {
    const nightly = schedule('0 2 * * *');
    const at = Date.parse('2026-05-05T02:00:00Z');
    expect(nextDue(nightly, at)).toBe(at + DAY);
    expect(nextDue(nightly, at - 1)).toBe(at);
    expect(lastDue(nightly, at)).toBe(at);
    expect(lastDue(nightly, at - 1)).toBe(at - DAY);
  });

  test('a fraction of a millisecond and of a second changes nothing', () => {
    const everySecond = schedule('* * * * * *');
    expect(nextDue(everySecond, 1_700_000_000_000.5)).toBe(1_700_000_001_000);
    expect(lastDue(everySecond, 1_700_000_000_999.9)).toBe(1_700_000_000_000);
  });

  test('what fires once in years is found, in both directions', () => {
    const rare = schedule('0 0 29 2 +MON', 'Europe/Berlin');
    expect(nextDue(rare, Date.parse('2024-06-01T00:00:00Z'))).toBe(Date.parse('2044-02-29T00:00:00+01:00'));
    expect(lastDue(rare, Date.parse('2024-06-01T00:00:00Z'))).toBe(Date.parse('2016-02-29T00:00:00+01:00'));
  });

  test('before 1970 nothing was due', () => {
    expect(lastDue(schedule('0 0 29 2 *'), Date.parse('1971-01-01T00:00:00Z'))).toBeNull();
  });

  test('without a zone the machine’s is asked at each look', () => {
    const noon = schedule('0 12 * * *', null);
    inTimezone('Asia/Tokyo');
    expect(nextDue(noon, Date.parse('2026-05-05T00:00:00Z'))).toBe(Date.parse('2026-05-05T03:00:00Z'));
    inTimezone('America/New_York');
    expect(nextDue(noon, Date.parse('2026-05-05T00:00:00Z'))).toBe(Date.parse('2026-05-05T16:00:00Z'));
  });
});

const CHANGES: [timezone: string, changeAt: string][] = [
  ['Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00:00Z'],
  ['America/New_York', '2026-03-08T07:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['America/Santiago', '2026-04-05T03:00:00Z'],
  ['America/Santiago', '2026-09-06T04:00:00Z'],
  ['Asia/Beirut', '2026-03-28T22:00:00Z'],
  ['America/Havana', '2026-11-01T05:00:00Z'],
  ['Africa/Casablanca', '2026-02-15T02:00:00Z'],
  ['Africa/Casablanca', '2011-04-03T00:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Asia/Kolkata', '2026-01-01T00:00:00Z'],
];

const list = (low: number, high: number) =>
  fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 4 }).map((values) => values.join(','));
const range = (low: number, high: number) =>
  fc
    .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }))
    .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
const step = (most: number) => fc.integer({ min: 1, max: most }).map((every) => `*/${every}`);
const anyField = (low: number, high: number) =>
  fc.oneof(fc.constant('*'), list(low, high), range(low, high), step(high));

const fields: fc.Arbitrary<Fields> = fc.record({
  minute: anyField(0, 59),
  hour: fc.oneof({ weight: 3, arbitrary: fc.oneof(list(0, 4), range(0, 4), list(22, 23)) }, anyField(0, 23)),
  day: fc.oneof({ weight: 4, arbitrary: fc.constant('*') }, anyField(1, 31)),
  weekday: fc.oneof({ weight: 4, arbitrary: fc.constant('*') }, anyField(0, 6)),
});

describe.each(CHANGES)('around a change in %s at %s', (timezone, changeAt) => {
  const from = Date.parse(changeAt) - 2 * DAY;
  const to = Date.parse(changeAt) + 2 * DAY;

  test('next, last and count agree with a look at every minute', () => {
    fc.assert(
      fc.property(fields, fc.integer({ min: -23 * 60, max: 40 * 60 }), ({ minute, hour, day, weekday }, minutes) => {
        const model = modelDue({ minute, hour, day, weekday }, timezone, from, to);
        const parsed = schedule(`${minute} ${hour} ${day} * ${weekday}`, timezone);
        // A day at each end, because the model knows nothing of what lies outside its window.
        const [first, last] = [from + DAY, to];
        const inside = model.filter((at) => at > first && at <= last);
        expect(dueBetween(parsed, first, last, 10_000)).toEqual(inside);
        expect(countDue(parsed, first, last)).toBe(inside.length);
        const at = Date.parse(changeAt) + minutes * 60_000;
        const [start, end] = [Math.min(at, last), last];
        expect(countDue(parsed, start, end)).toBe(inside.filter((moment) => moment > start).length);
        const previous = lastDue(parsed, start);
        const modelPrevious = model.findLast((moment) => moment <= start && moment > first);
        expect(previous !== null && previous > first ? previous : undefined).toBe(modelPrevious);
      }),
      { numRuns: 15 },
    );
  });
});

test('a year of a schedule, forwards, backwards and counted, is the same', () => {
  fc.assert(
    fc.property(
      fields,
      fc.constantFrom(...CHANGES.map(([timezone]) => timezone)),
      ({ minute, hour, day, weekday }, timezone) => {
        const parsed = schedule(`${minute} ${hour} ${day} * ${weekday}`, timezone);
        const [from, to] = [Date.parse('2025-12-31T00:00:00Z'), Date.parse('2027-01-05T00:00:00Z')];
        const all = dueBetween(parsed, from, to, 2_000);
        const until = all.length === 2_000 ? (all.at(-1) ?? to) : to;
        expect(countDue(parsed, from, until)).toBe(all.length);
        const backwards: number[] = [];
        for (let at = lastDue(parsed, until); at !== null && at > from; at = lastDue(parsed, at - 1))
          backwards.unshift(at);
        expect(backwards).toEqual(all);
      },
    ),
    { numRuns: 15 },
  );
});

test('ten thousand different schedules are looked at in well under a second', () => {
  const schedules = Array.from({ length: 10_000 }, (_, index) =>
    schedule(
      `${index % 60} ${index % 60} ${index % 24} * * ${index % 7}`,
      index % 2 ? 'Europe/Berlin' : 'America/New_York',
    ),
  );
  const took = processorTime();
  for (const one of schedules) nextDue(one, 1_780_000_000_000 + Math.random() * DAY);
  expect(took()).toBeLessThan(500);
});
