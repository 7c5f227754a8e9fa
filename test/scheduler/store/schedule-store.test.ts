import { expect, test } from 'vitest';
import { ALL_JOBS } from '../../../electron/scheduler/store/schedule-store.ts';
import { SettingsStore } from '../../../electron/scheduler/store/settings-store.ts';
import { newRun, T0, temporaryState } from './temporary-state.ts';

const DAY = 24 * 60 * 60 * 1000;
const a = { job: 'a', schedule: '@daily UTC' };
const b = { job: 'b', schedule: '@daily UTC' };

test('a schedule’s past begins when it was first seen, and an edit of it begins anew', async () => {
  const { schedules } = await temporaryState();
  expect(schedules.see([a], T0)).toMatchObject([{ ...a, firstSeenAt: T0, lookedAt: T0 }]);
  const edited = { job: 'a', schedule: '@daily Europe/Berlin' };
  expect(schedules.see([edited, a], T0 + 5)).toMatchObject([
    { ...edited, firstSeenAt: T0 + 5, lookedAt: T0 + 5 },
    { ...a, firstSeenAt: T0, lookedAt: T0 },
  ]);
});

test('up to where was looked is kept for each schedule, forwards and back', async () => {
  const { schedules } = await temporaryState();
  const [first, second] = schedules.see([a, b], T0).map(({ id }) => id) as [number, number];
  schedules.looked([first], T0 + 100);
  schedules.looked([first, second], T0 + 50);
  schedules.looked([], T0);
  expect(schedules.see([a, b], T0 + 200).map(({ lookedAt, firstSeenAt }) => [lookedAt, firstSeenAt])).toEqual([
    [T0 + 50, T0],
    [T0 + 50, T0],
  ]);
});

test('an occurrence that was taken says that all up to it is dealt with, unless it lies ahead', async () => {
  const { schedules, queue } = await temporaryState();
  schedules.see([a, b], T0);
  for (const dueAt of [T0 + 10, T0 + 20, T0 + 90]) queue.enqueue(newRun('a'), { schedule: a.schedule, dueAt });
  const lookedAt = (at: number) => schedules.see([a, b], at).map((one) => one.lookedAt - T0);
  expect([lookedAt(T0 + 5), lookedAt(T0 + 20), lookedAt(T0 + 50), lookedAt(T0 + 90)]).toEqual([
    [0, 0],
    [20, 0],
    [20, 0],
    [90, 0],
  ]);
});

test('where the last occurrence was years ago, it stays dealt with after its key is gone', async () => {
  const { schedules, queue } = await temporaryState();
  const leap = { job: 'a', schedule: '0 0 29 2 *' };
  schedules.see([leap], T0 - 1500 * DAY);
  queue.enqueue(newRun('a'), { schedule: leap.schedule, dueAt: T0 - 1400 * DAY });
  while (schedules.pruneOccurrences(T0) > 0);
  expect(schedules.see([leap], T0)[0]?.lookedAt).toBe(T0 - 1400 * DAY);
});

test('keys of occurrences are kept for 400 days and removed in bounded bites', async () => {
  const { schedules, queue } = await temporaryState();
  const due = (age: number) => ({ schedule: a.schedule, dueAt: T0 - age * DAY });
  for (const job of ['a', 'b']) for (const age of [399, 401, 402, 403]) queue.enqueue(newRun(job), due(age));
  expect([1, 2, 3].map(() => schedules.pruneOccurrences(T0, 4))).toEqual([4, 2, 0]);
  expect(queue.enqueue(newRun('a'), due(399))).toBeUndefined();
  expect(queue.enqueue(newRun('a'), due(401))).toBeDefined();
});

test('a pause keeps its beginning when its end is changed, and ends once', async () => {
  const { schedules } = await temporaryState();
  schedules.pause('a', T0, T0 + 60);
  schedules.pause('a', T0 + 10, null);
  schedules.pause(ALL_JOBS, T0 + 20, T0 + 30);
  expect(schedules.pauses()).toEqual(
    new Map([
      [ALL_JOBS, { sinceAt: T0 + 20, untilAt: T0 + 30 }],
      ['a', { sinceAt: T0, untilAt: null }],
    ]),
  );
  expect([schedules.resume('a'), schedules.resume('a'), schedules.pauses().size]).toEqual([true, false, 1]);
});

test('an occurrence that was taken out is told once', async () => {
  const { schedules } = await temporaryState();
  schedules.planSkip('a', T0);
  schedules.planSkip('a', T0);
  expect(schedules.plannedSkips()).toEqual([{ job: 'a', dueAt: T0 }]);
  expect([
    schedules.takePlannedSkip('b', T0),
    schedules.takePlannedSkip('a', T0),
    schedules.takePlannedSkip('a', T0),
  ]).toEqual([false, true, false]);
});

test('a setting is whatever JSON can say, and undefined takes it back', async () => {
  const { db } = await temporaryState();
  const settings = new SettingsStore(db);
  settings.set('theme', 'dark');
  settings.set('window', { width: 900, filters: [null, true] });
  settings.set('theme', 'light');
  expect(settings.all()).toEqual({ theme: 'light', window: { width: 900, filters: [null, true] } });
  settings.set('theme', undefined);
  expect(settings.get('theme')).toBeUndefined();
});
