import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OnMissed } from '../../../electron/scheduler/job-file/definition.ts';
import { countDue, nextDue, parseSchedule } from '../../../electron/scheduler/trigger/cron.ts';
import { closedHoursOf } from '../../../electron/scheduler/trigger/closed-hours.ts';
import { zoneOf } from '../../../electron/scheduler/trigger/zones.ts';
import { plainDue, planJob, type Decision, type Watched } from '../../../electron/scheduler/trigger/plan-job.ts';

const HOUR = 3_600_000;
const at = (time: string): number => Date.parse(`2026-03-02T${time}Z`);

function watch(expression: string, lookedAt: number): Watched {
  const parsed = parseSchedule(expression, 'UTC');
  if (!parsed.ok) throw new Error(parsed.message);
  return { key: expression, schedule: parsed.schedule, lookedAt };
}

const job = (onMissed: OnMissed, catchUpAfterPause = false) => ({
  onMissed,
  missedDeadlineMs: 24 * HOUR,
  catchUpAfterPause,
});

function tell(decisions: readonly Decision[]): string[] {
  const time = (moment: number): string => new Date(moment).toISOString().slice(11, 16);
  return decisions.map((one) =>
    one.kind === 'run'
      ? `${one.trigger} ${time(one.dueAt)} by ${one.key}`
      : `skip ${one.count} ${time(one.firstAt)}-${time(one.lastAt)}: ${one.reason.split(/[;.]/)[0]}`,
  );
}

test('run-once is once for a job with two schedules: the newest of both', () => {
  const watched = [watch('0 * * * *', at('08:30:00')), watch('30 * * * *', at('08:30:00'))];
  expect(tell(planJob(job('run-once'), watched, at('11:45:00'), -Infinity, null))).toEqual([
    'skip 2 09:00-10:00: Missed while the machine slept or Nightjar was not running',
    'skip 2 09:30-10:30: Missed while the machine slept or Nightjar was not running',
    'skip 1 11:00-11:00: Missed while the machine slept or Nightjar was not running',
    'missed 11:30 by 30 * * * *',
  ]);
});

test('where an occurrence is due on time, it is the newest, and what was missed before it is told as skipped', () => {
  expect(tell(planJob(job('run-once'), [watch('0 * * * *', at('08:30:00'))], at('11:00:10'), -Infinity, null))).toEqual(
    [
      'skip 1 09:00-09:00: Missed while the machine slept or Nightjar was not running',
      'skip 1 10:00-10:00: Missed while the machine slept or Nightjar was not running',
      'scheduled 11:00 by 0 * * * *',
    ],
  );
});

test('moments of two schedules that coincide are one run', () => {
  const watched = [watch('0 * * * *', at('08:59:58')), watch('0 9 * * *', at('08:59:58'))];
  expect(tell(planJob(job('run-once'), watched, at('09:00:01'), -Infinity, null))).toEqual([
    'scheduled 09:00 by 0 * * * *',
  ]);
});

test('what fell into a pause that is over is skipped as paused; what came after it is missed', () => {
  const watched = [watch('0 * * * *', at('08:30:00'))];
  expect(tell(planJob(job('run-once'), watched, at('12:30:00'), at('10:30:00'), null))).toEqual([
    'skip 2 09:00-10:00: Paused',
    'skip 1 11:00-11:00: Missed while the machine slept or Nightjar was not running',
    'missed 12:00 by 0 * * * *',
  ]);
  expect(tell(planJob(job('run-all', true), watched, at('12:30:00'), at('10:30:00'), null))).toEqual([
    'missed 09:00 by 0 * * * *',
    'missed 10:00 by 0 * * * *',
    'missed 11:00 by 0 * * * *',
    'missed 12:00 by 0 * * * *',
  ]);
});

test('every occurrence of a job with one schedule is decided exactly once, whatever the look and the pause', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('*/7 * * * *', '0 * * * *', '*/20 * * * * *', '15 9 * * *'),
      fc.constantFrom<OnMissed>('skip', 'run-once', 'run-all'),
      fc.integer({ min: 1, max: 50 * HOUR }),
      fc.integer({ min: -HOUR, max: 60 * HOUR }),
      fc.boolean(),
      (expression, onMissed, slept, paused, catchUp) => {
        const one = watch(expression, at('08:30:00'));
        const now = one.lookedAt + slept;
        const decisions = planJob(job(onMissed, catchUp), [one], now, one.lookedAt + paused, null);
        const decided = decisions.reduce((sum, decision) => sum + (decision.kind === 'run' ? 1 : decision.count), 0);
        expect(decided).toBe(countDue(one.schedule, one.lookedAt, now));
        const runs = decisions.flatMap((decision) => (decision.kind === 'run' ? [decision.dueAt] : []));
        expect(runs).toEqual([...new Set(runs)].sort((a, b) => a - b));
      },
    ),
  );
});

test('the short way to what is due says the same as the long one, or nothing', () => {
  const here = zoneOf(null);
  let plain = 0;
  fc.assert(
    fc.property(
      fc.constantFrom('*/7 * * * *', '0 * * * *', '*/20 * * * * *', '15 9 * * *'),
      fc.constantFrom<OnMissed>('skip', 'run-once', 'run-all'),
      fc.oneof(fc.integer({ min: 1, max: 2 * HOUR }), fc.integer({ min: 1, max: 40_000 })),
      fc.integer({ min: -HOUR, max: HOUR }),
      (expression, onMissed, slept, paused) => {
        const one = watch(expression, at('08:30:00'));
        const now = one.lookedAt + slept;
        const nextDueAt = nextDue(one.schedule, one.lookedAt) ?? Infinity;
        const dueAt = plainDue({ watched: [one], closed: null, nextDueAt }, now, one.lookedAt + paused, here);
        if (dueAt === undefined) return;
        plain += 1;
        const run = { kind: 'run', key: expression, trigger: 'scheduled', dueAt };
        const decisions = planJob(job(onMissed), [one], now, one.lookedAt + paused, null);
        expect(decisions).toEqual(dueAt === null ? [] : [run]);
      },
    ),
  );
  expect(plain).toBeGreaterThan(10);
});

test('what falls into closed hours is one skip and never caught up; what lies outside is missed as ever', () => {
  const night = closedHoursOf(['09:30-11:30'], 'UTC');
  const watched = [watch('0 * * * *', at('07:30:00'))];
  expect(tell(planJob(job('run-all'), watched, at('12:00:10'), -Infinity, night))).toEqual([
    'skip 2 10:00-11:00: Not between 09:30 and 11:30',
    'missed 08:00 by 0 * * * *',
    'missed 09:00 by 0 * * * *',
    'scheduled 12:00 by 0 * * * *',
  ]);
});

test('nothing is caught up in closed hours', () => {
  const night = closedHoursOf(['09:30-11:30'], 'UTC');
  const watched = [watch('0 * * * *', at('08:30:00'))];
  expect(tell(planJob(job('run-once'), watched, at('09:45:00'), -Infinity, night))).toEqual([
    'skip 1 09:00-09:00: Not between 09:30 and 11:30',
  ]);
});
