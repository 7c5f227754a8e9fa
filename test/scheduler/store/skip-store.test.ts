import { expect, test } from 'vitest';
import type { Skip } from '../../../electron/scheduler/store/skip-store.ts';
import { endedRun, newRun, T0, temporaryState } from './temporary-state.ts';

const MINUTE = 60_000;

const skip = (minute: number, over: Partial<Skip> = {}): Skip => ({
  job: 'a',
  pipelineName: 'a',
  trigger: 'scheduled',
  schedule: '* * * * * UTC',
  reason: 'already running',
  firstAt: T0 + minute * MINUTE,
  lastAt: T0 + minute * MINUTE,
  count: 1,
  at: T0 + minute * MINUTE + 5,
  ...over,
});

test('consecutive skips of a job for one reason are one row with first, last and count', async () => {
  const { skips, runs, history } = await temporaryState();
  const id = skips.record(skip(1))!;
  expect([skips.record(skip(2)), skips.record(skip(3)), skips.record(skip(4, { job: 'b' }))]).toEqual([id, id, id + 1]);
  expect(skips.record(skip(9, { firstAt: T0 + 4 * MINUTE, count: 6 }))).toBe(id);
  expect(runs.getRun(id)).toMatchObject({
    state: 'skipped',
    number: 1,
    trigger: 'scheduled',
    reason: 'already running',
    definitionId: null,
    startedAt: null,
    dueAt: T0 + 9 * MINUTE,
    skipped: { count: 9, firstAt: T0 + MINUTE, lastAt: T0 + 9 * MINUTE },
  });
  expect(history.countRuns({ states: ['skipped'] })).toBe(2);
});

test('another reason, or a run in between, begins another row', async () => {
  const state = await temporaryState();
  const { skips } = state;
  const ids = [skips.record(skip(1)), skips.record(skip(2, { reason: 'paused' })), skips.record(skip(3))];
  endedRun(state, 'b');
  ids.push(skips.record(skip(4)));
  endedRun(state, 'a');
  ids.push(skips.record(skip(5)));
  expect(new Set(ids).size).toBe(4);
  expect(ids[3]).toBe(ids[2]);
});

test('what was recorded, or queued, before is not recorded again, and what was recorded is not queued', async () => {
  const { skips, runs, queue } = await temporaryState();
  const id = skips.record(skip(9, { firstAt: T0, count: 10 }))!;
  expect(skips.record(skip(9, { firstAt: T0, count: 10 }))).toBeUndefined();
  expect(runs.getRun(id)?.skipped?.count).toBe(10);
  expect(queue.enqueue(newRun('a'), { schedule: '* * * * * UTC', dueAt: T0 + 9 * MINUTE })).toBeUndefined();
  queue.enqueue(newRun('a'), { schedule: '* * * * * UTC', dueAt: T0 + 10 * MINUTE });
  expect(skips.record(skip(10))).toBeUndefined();
});
