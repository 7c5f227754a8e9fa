import { expect, test } from 'vitest';
import type { JobDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import { LastValidStore } from '../../../electron/scheduler/store/last-valid-store.ts';
import type { EndState } from '../../../electron/scheduler/store/run-store.ts';
import { job as definition } from '../../support/definitions.ts';
import { endedRun, newRun, T0, temporaryState } from './temporary-state.ts';

const end = (id: number, state: EndState, owner = 'me') => ({
  id,
  owner,
  state,
  reason: null,
  exitCode: 0,
  at: T0 + 9,
});

test('a run is found by its id, by its id as text, and as job#number', async () => {
  const { queue, runs } = await temporaryState();
  queue.enqueue(newRun('a'));
  const run = queue.enqueue(newRun('team#1/b'))!;
  for (const ref of [run.id, String(run.id), 'team#1/b#1']) expect(runs.findRun(ref)).toEqual(run);
  for (const ref of [99, '99', 'a#2', 'a', 'a#', '#1', '-1', 'a#1x']) expect(runs.findRun(ref)).toBeUndefined();
});

test('a run is ended once, by its owner only', async () => {
  const { queue, runs } = await temporaryState();
  const { id } = queue.enqueue(newRun('a'))!;
  expect(runs.finishRun(end(id, 'failed'))).toBe(false);
  queue.claim(id, 'me', T0);
  expect(runs.finishRun(end(id, 'failed', 'other'))).toBe(false);
  expect(runs.finishRun(end(id, 'failed'))).toBe(true);
  expect(runs.finishRun(end(id, 'succeeded'))).toBe(false);
  expect(runs.getRun(id)).toMatchObject({ state: 'failed', endedAt: T0 + 9, owner: 'me' });
  expect(() => runs.finishRun(end(id, 'skipped' as EndState))).toThrow('cannot become skipped');
});

test('a dead owner’s run is taken over by one instance only', async () => {
  const { queue, runs } = await temporaryState();
  const ids = ['a', 'b'].map((job) => queue.enqueue(newRun(job))!.id) as [number, number];
  for (const id of ids) queue.claim(id, 'dead', T0);
  expect(runs.runningOwners()).toEqual(['dead']);
  expect(runs.runningOwnedBy('dead')).toEqual(ids);
  expect([runs.adopt(ids[0], 'dead', 'me'), runs.adopt(ids[0], 'dead', 'third')]).toEqual([true, false]);
  expect(runs.runningOwnedBy('me')).toEqual([ids[0]]);
  expect(runs.runningOwners().sort()).toEqual(['dead', 'me']);
});

test('the strip is the last twenty outcomes, oldest first, without skips and without what has not ended', async () => {
  const state = await temporaryState();
  const ends: EndState[] = ['succeeded', 'failed', 'timed-out', 'interrupted', 'cancelled'];
  const ids = Array.from({ length: 30 }, (_, index) => {
    state.skips.record({
      job: 'a',
      pipelineName: 'a',
      trigger: 'scheduled',
      schedule: 's',
      reason: `r${index}`,
      count: 1,
      at: T0,
      firstAt: T0 + index,
      lastAt: T0 + index,
    });
    return endedRun(state, 'a', ends[index % ends.length]!);
  });
  endedRun(state, 'b');
  state.queue.claim(state.queue.enqueue(newRun('a'))!.id, 'me', T0);
  const strip = state.runs.stripOf('a');
  expect(strip).toEqual(ids.slice(10).map((id, index) => ({ id, state: ends[index % ends.length] })));
  expect(state.runs.lastEnded('a')).toMatchObject({ id: ids.at(-1), state: 'cancelled', endedAt: T0 + 1000 });
  expect(state.runs.lastEnded('nobody')).toBeUndefined();
});

test('the run before this one is the job’s last that was no skip', async () => {
  const state = await temporaryState();
  const first = endedRun(state, 'a', 'failed');
  endedRun(state, 'b');
  const skip = {
    job: 'a',
    pipelineName: 'a',
    trigger: 'scheduled',
    schedule: 's',
    reason: 'r',
    count: 1,
    at: T0,
  } as const;
  state.skips.record({ ...skip, firstAt: T0, lastAt: T0 });
  const run = state.runs.getRun(endedRun(state, 'a'))!;
  expect(state.runs.previousOf(run)).toEqual({ id: first, number: 1, state: 'failed' });
  expect(state.runs.previousOf(state.runs.getRun(first)!)).toBeUndefined();
});

test('the run before this one, and the last one of a job, may wait, run or have ended, whatever has ended meanwhile', async () => {
  const state = await temporaryState();
  const ids = ['a', 'a', 'b', 'a', 'a'].map((job) => state.queue.enqueue(newRun(job))!.id) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [first, second, , third, fourth] = ids;
  const before = (id: number) => state.runs.previousOf(state.runs.getRun(id)!)?.id;
  expect(ids.map(before)).toEqual([undefined, first, undefined, second, third]);
  for (const id of [second, third]) state.queue.claim(id, 'me', T0);
  state.runs.finishRun(end(third, 'failed'));
  expect(ids.map(before)).toEqual([undefined, first, undefined, second, third]);
  expect([1, 2, 3, 4, 5].map((number) => state.runs.findRun(`a#${number}`)?.id)).toEqual([
    first,
    second,
    third,
    fourth,
    undefined,
  ]);
});

test('jobs that wait are those of which a run does, however many and whatever else runs', async () => {
  const { queue, runs } = await temporaryState();
  expect(runs.waitingJobs()).toEqual(new Set());
  for (const job of ['c', 'a', 'a', 'b', 'a', 'd']) queue.enqueue(newRun(job));
  queue.claimAll([1, 4, 5], 'me', T0);
  expect(runs.waitingJobs()).toEqual(new Set(['a', 'd']));
  queue.claimAll([2, 3], 'me', T0);
  expect(runs.waitingJobs()).toEqual(new Set(['d']));
});

test('a definition that an earlier version stored has what is new since', async () => {
  const state = await temporaryState();
  const { homeVariables: _later, ...earlier } = definition('a');
  const run = state.queue.enqueue({ ...newRun('a'), definition: earlier as JobDefinition })!;
  expect(state.runs.definitionOf(run.id)).toEqual(definition('a'));
  state.db.prepare('INSERT INTO last_valid (job, text) VALUES (?, ?)').run('a', JSON.stringify(earlier));
  expect(new LastValidStore(state.db, () => T0).get('a')).toEqual(definition('a'));
});

test('the median is of the last twenty successes', async () => {
  const state = await temporaryState();
  expect(state.runs.medianOf('a')).toBeNull();
  endedRun(state, 'a', 'succeeded', 1_000_000);
  for (let ms = 1; ms <= 20; ms++) endedRun(state, 'a', 'succeeded', ms * 100);
  for (let count = 0; count < 5; count++) endedRun(state, 'a', 'failed', 9);
  endedRun(state, 'b', 'succeeded', 7);
  expect(state.runs.medianOf('a')).toBe(1050);
});

test('the schema refuses a state that its columns contradict', async () => {
  const state = await temporaryState();
  const id = endedRun(state, 'a');
  expect(() => state.db.prepare(`UPDATE runs SET state = 'running' WHERE id = ?`).run(id)).toThrow('CHECK constraint');
  expect(() => state.db.prepare(`UPDATE runs SET ended_at = NULL WHERE id = ?`).run(id)).toThrow('CHECK constraint');
  expect(() => state.db.prepare(`UPDATE runs SET number = 5, job = 'a' WHERE id = ?`).run('x')).not.toThrow();
});

test('an id and a number never come back after their run was deleted', async () => {
  const state = await temporaryState();
  const id = endedRun(state, 'a');
  state.db.prepare('DELETE FROM runs').run();
  expect(state.queue.enqueue(newRun('a'))).toMatchObject({ id: id + 1, number: 2 });
});
