import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OnMissed } from '../../../electron/scheduler/job-file/definition.ts';
import { dueBetween, parseSchedule } from '../../../electron/scheduler/trigger/cron.ts';
import { planMissed, type MissedPlan } from '../../../electron/scheduler/trigger/missed.ts';
import { processorTime } from '../../support/processor-time.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function schedule(expression: string, timezone = 'UTC') {
  const parsed = parseSchedule(expression, timezone);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.schedule;
}

interface Look {
  expression: string;
  lookedAt: string;
  now: string;
  onMissed?: OnMissed;
  missedDeadlineMs?: number;
}

function plan({ expression, lookedAt, now, onMissed = 'run-once', missedDeadlineMs = DAY }: Look): MissedPlan {
  const at = (text: string) => Date.parse(`${text}Z`);
  return planMissed({
    schedule: schedule(expression),
    closed: null,
    lookedAt: at(lookedAt),
    now: at(now),
    onMissed,
    missedDeadlineMs,
  });
}

const iso = (moments: readonly number[]) => moments.map((at) => new Date(at).toISOString().slice(0, 19));

test('what is met within thirty seconds is on time, and one second later it is missed', () => {
  const look = { expression: '0 2 * * *', lookedAt: '2026-03-01T01:00:00' };
  expect(plan({ ...look, now: '2026-03-01T02:00:30' })).toEqual({
    due: [Date.parse('2026-03-01T02:00:00Z')],
    missed: [],
    skipped: null,
  });
  expect(plan({ ...look, now: '2026-03-01T02:00:31' })).toEqual({
    due: [],
    missed: [Date.parse('2026-03-01T02:00:00Z')],
    skipped: null,
  });
});

test('what is missed by a millisecond is recorded where nothing is to run', () => {
  const { skipped } = plan({
    expression: '0 2 * * *',
    lookedAt: '2026-03-01T01:00:00',
    now: '2026-03-01T02:00:30.001',
    onMissed: 'skip',
  });
  expect(skipped?.count).toBe(1);
});

test('a moment before it is due nothing happens, at the moment it is due', () => {
  const look = { expression: '0 2 * * *', lookedAt: '2026-03-01T01:00:00' };
  expect(plan({ ...look, now: '2026-03-01T01:59:59.999' }).due).toEqual([]);
  expect(iso(plan({ ...look, now: '2026-03-01T02:00:00' }).due)).toEqual(['2026-03-01T02:00:00']);
});

test('what was looked at is not looked at again', () => {
  const look = { expression: '0 2 * * *', lookedAt: '2026-03-01T02:00:00' };
  expect(plan({ ...look, now: '2026-03-01T02:00:10' })).toEqual({ due: [], missed: [], skipped: null });
});

test('a clock that was set back means nothing', () => {
  const look = { expression: '* * * * *', lookedAt: '2026-03-01T02:00:00' };
  expect(plan({ ...look, now: '2026-02-01T02:00:00' })).toEqual({ due: [], missed: [], skipped: null });
  expect(plan({ ...look, now: '2026-03-01T02:00:00' })).toEqual({ due: [], missed: [], skipped: null });
});

describe('after three missed hours', () => {
  const slept = { expression: '0 * * * *', lookedAt: '2026-03-01T08:30:00', now: '2026-03-01T11:30:00' };

  test('run-once runs the newest and records the others', () => {
    const { due, missed, skipped } = plan(slept);
    expect([due, iso(missed)]).toEqual([[], ['2026-03-01T11:00:00']]);
    expect(skipped).toEqual({
      count: 2,
      firstAt: Date.parse('2026-03-01T09:00:00Z'),
      lastAt: Date.parse('2026-03-01T10:00:00Z'),
      reason: 'Missed while the machine slept or Nightjar was not running; `on_missed: run-once` runs the newest only.',
    });
  });

  test('run-all runs all, oldest first', () => {
    const { missed, skipped } = plan({ ...slept, onMissed: 'run-all' });
    expect(iso(missed)).toEqual(['2026-03-01T09:00:00', '2026-03-01T10:00:00', '2026-03-01T11:00:00']);
    expect(skipped).toBeNull();
  });

  test('skip runs none', () => {
    const { missed, skipped } = plan({ ...slept, onMissed: 'skip' });
    expect(missed).toEqual([]);
    expect(skipped).toMatchObject({ count: 3, reason: expect.stringContaining('`on_missed: skip` runs none') });
  });

  test('what is later than the deadline is not run', () => {
    const { missed, skipped } = plan({ ...slept, missedDeadlineMs: 20 * MINUTE });
    expect(missed).toEqual([]);
    expect(skipped).toMatchObject({ count: 3, reason: expect.stringContaining('for longer than `missed_deadline`') });
    expect(iso(plan({ ...slept, missedDeadlineMs: 30 * MINUTE }).missed)).toEqual(['2026-03-01T11:00:00']);
  });
});

test('run-all runs the newest hundred', () => {
  const { missed, skipped } = plan({
    expression: '* * * * *',
    lookedAt: '2026-03-01T08:00:00',
    now: '2026-03-01T11:00:45',
    onMissed: 'run-all',
  });
  expect(missed).toHaveLength(100);
  expect(iso(missed).at(-1)).toBe('2026-03-01T11:00:00');
  expect(skipped).toMatchObject({ count: 80, reason: expect.stringContaining('runs the newest 100') });
});

test.each(['run-once', 'run-all', 'skip'] as const)(
  'a year of missed seconds is decided in milliseconds (%s)',
  (onMissed) => {
    const took = processorTime();
    const { due, missed, skipped } = plan({
      expression: '* * * * * *',
      lookedAt: '2025-03-01T00:00:00',
      now: '2026-03-01T00:00:00',
      onMissed,
    });
    const tookMs = took();
    expect(due.length + missed.length + (skipped?.count ?? 0)).toBe(365 * 86_400);
    // Less than one in fact; a walk over every second takes many of them, and what is between is this machine's.
    expect(tookMs).toBeLessThan(500);
  },
);

test('nothing is lost and nothing comes twice', () => {
  const expression = fc.constantFrom(
    '* * * * * *',
    '*/10 * * * *',
    '0 2 * * *',
    '30 2 * * *',
    '15,45 1-3 * * 0',
    '0 0 1 * *',
  );
  const past = fc.record({
    schedule: fc
      .tuple(expression, fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe'))
      .map(([text, zone]) => schedule(text, zone)),
    lookedAt: fc.integer({ min: Date.parse('2026-10-24T00:00:00Z'), max: Date.parse('2026-10-26T00:00:00Z') }),
    absence: fc.oneof(
      fc.integer({ min: -HOUR, max: 2 * MINUTE }),
      fc.integer({ min: 0, max: 3 * HOUR }),
      fc.integer({ min: 0, max: 60 * DAY }),
    ),
    onMissed: fc.constantFrom<OnMissed>('skip', 'run-once', 'run-all'),
    missedDeadlineMs: fc.oneof(fc.constant(DAY), fc.integer({ min: SECOND, max: 3 * DAY })),
  });
  fc.assert(
    fc.property(past, ({ absence, ...rest }) => {
      fc.pre(rest.schedule.expression !== '* * * * * *' || absence < 3 * HOUR);
      const now = rest.lookedAt + absence;
      const { due, missed, skipped } = planMissed({ ...rest, closed: null, now });
      const all = dueBetween(rest.schedule, rest.lookedAt, now, Infinity);
      const skippedOnes = all.filter((at) => skipped !== null && at >= skipped.firstAt && at <= skipped.lastAt);
      expect([...skippedOnes, ...missed, ...due]).toEqual(all);
      expect(skippedOnes.length).toBe(skipped?.count ?? 0);
      expect(due.every((at) => now - at <= 30 * SECOND)).toBe(true);
      expect(missed.every((at) => now - at > 30 * SECOND && now - at <= rest.missedDeadlineMs)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
