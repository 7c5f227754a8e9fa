import { expect, test } from 'vitest';
import { AfterRuns } from '../../electron/scheduler/after-runs.ts';
import type { AfterDefinition, JobDefinition } from '../../electron/scheduler/job-file/definition.ts';
import { RunEnds } from '../../electron/scheduler/run-ends.ts';
import type { EndState } from '../../electron/scheduler/store/run-store.ts';
import { job } from '../support/definitions.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { endedRun, newRun, T0, temporaryState } from './store/temporary-state.ts';

const SUCCESS = { state: 'succeeded', reason: null, exitCode: 0, error: null } as const;

async function following(edges: Readonly<Record<string, readonly [JobDefinition, AfterDefinition['on']][]>>) {
  const state = await temporaryState();
  const afterRuns = new AfterRuns({
    ...state,
    clock: new FakeClock(T0),
    followersOf: (id) => (edges[id] ?? []).map(([definition, on]) => ({ definition, on })),
    pauses: () => state.schedules.pauses(),
  });
  const told = () =>
    state.history
      .listRuns({ triggers: ['after'] }, { limit: 100 })
      .reverse()
      .map(({ job: id, state: is, upstream, reason, skipped }) =>
        [id, is, upstream === null ? reason : `${upstream.job}#${upstream.number}`, skipped?.count]
          .filter(Boolean)
          .join(' '),
      );
  const ended = (id: number): void => afterRuns.ended(state.runs.getRun(id)!);
  return { ...state, afterRuns, ended, told };
}

test.each([
  ['succeeded', ['on-success', 'on-any']],
  ['failed', ['on-failure', 'on-any']],
  ['timed-out', ['on-failure', 'on-any']],
  ['interrupted', ['on-failure', 'on-any']],
  ['cancelled', ['on-any']],
] satisfies [EndState, string[]][])('an end as %s starts %s, once each', async (end, expected) => {
  const t = await following({
    up: [
      [job('on-success'), 'success'],
      [job('on-failure'), 'failure'],
      [job('on-any'), 'any'],
    ],
  });
  t.ended(endedRun(t, 'up', end));
  expect(t.told()).toEqual(expected.map((id) => `${id} queued up#1`));
  expect(t.runs.downstreamOf(1).map((run) => run.job)).toEqual([...expected].sort());
  expect(t.runs.definitionOf(2)).toMatchObject({ id: expected[0] });
});

test('each end makes a run, whatever of the job waits; the same end never makes two', async () => {
  const t = await following({ up: [[job('down'), 'success']] });
  for (let count = 0; count < 3; count += 1) t.ended(endedRun(t, 'up'));
  expect(t.told()).toEqual(['down queued up#1', 'down queued up#2', 'down queued up#3']);
  expect(() => t.ended(1)).toThrow('UNIQUE');
});

test('a follower that is paused, by itself, by its file or with all, is recorded as skipped, in one row', async () => {
  const t = await following({ up: [[job('down'), 'any']], file: [[job('shut', { paused: true }), 'any']] });
  t.schedules.pause('down', T0, null);
  for (let count = 0; count < 2; count += 1) t.ended(endedRun(t, 'up'));
  t.ended(endedRun(t, 'file'));
  t.schedules.resume('down');
  t.schedules.pause('', T0, T0 + 1);
  t.ended(endedRun(t, 'up'));
  expect(t.told()).toEqual(['down skipped Paused. 3', 'shut skipped Paused. 1']);
});

test('files that turned bad cannot make jobs start one another for ever', async () => {
  const t = await following({ a: [[job('b'), 'any']], b: [[job('a'), 'any']] });
  t.ended(endedRun(t, 'a'));
  const b = t.queue.claim([...t.queue.waiting()][0]!.id, 'me', T0)!;
  t.runs.finishRun({ id: b.id, owner: 'me', state: 'succeeded', reason: null, exitCode: 0, at: T0 });
  t.ended(b.id);
  expect(t.told()).toEqual(['b succeeded a#1', 'a skipped It would start itself again: a → b → a. 1']);
});

test('a run that outlives its upstream in the history still says after which it came', async () => {
  const t = await following({ up: [[job('down'), 'any']] });
  t.ended(endedRun(t, 'up'));
  t.db.exec('DELETE FROM runs WHERE id = 1');
  expect(t.told()).toEqual(['down queued up#1']);
  t.queue.enqueue(newRun('up'));
  t.ended(2);
  expect(t.told()).toHaveLength(1);
});

test('an end and what follows from it are one: where the one cannot be written, the other is not', async () => {
  const t = await following({
    up: [
      [job('first'), 'any'],
      [job('second'), 'any'],
    ],
  });
  const up = t.queue.claim(t.queue.enqueue(newRun('up'))!.id, 'me', T0)!;
  // Somebody else has made the second one's run already, which can only be a bug.
  t.queue.enqueue(newRun('second', { upstream: { id: up.id, job: 'up', number: 1 } }));
  const ends = new RunEnds({
    ...t,
    clock: new FakeClock(T0),
    instance: 'me',
    roomMade() {},
    atomically: (change) => t.db.transaction(change).immediate(),
  });
  await expect(ends.end(up, SUCCESS)).rejects.toThrow('UNIQUE');
  expect(t.runs.getRun(up.id)?.state).toBe('running');
  expect(t.queue.activeOf('first')).toEqual({ queued: 0, running: 0 });
});

test('runs that end at once are written together, and one that cannot be written keeps none of the others', async () => {
  const t = await following({ bad: [[job('down'), 'any']], good: [[job('next'), 'success']] });
  let commits = 0;
  const ends = new RunEnds({
    ...t,
    clock: new FakeClock(T0),
    instance: 'me',
    roomMade() {},
    atomically: (change) => {
      commits += 1;
      return t.db.transaction(change).immediate();
    },
  });
  const begun = (id: string) => t.queue.claim(t.queue.enqueue(newRun(id))!.id, 'me', T0)!;
  const all = ['a', 'good', 'b'].map((id) => ends.end(begun(id), SUCCESS));
  expect(commits).toBe(0);
  await Promise.all(all);
  expect(commits).toBe(1);
  expect(t.told()).toEqual(['next queued good#1']);

  const bad = begun('bad');
  t.queue.enqueue(newRun('down', { upstream: { id: bad.id, job: 'bad', number: 1 } }));
  const good = begun('good');
  const [failed, written] = [ends.end(bad, SUCCESS), ends.end(good, SUCCESS)];
  await expect(failed).rejects.toThrow('UNIQUE');
  await written;
  expect([bad, good].map(({ id }) => t.runs.getRun(id)?.state)).toEqual(['running', 'succeeded']);
});

test('a run that is cancelled before it began has no end that counts; one that waited for a further attempt has', async () => {
  const t = await following({ up: [[job('down'), 'any']] });
  const ends = new RunEnds({
    ...t,
    clock: new FakeClock(T0),
    instance: 'me',
    roomMade() {},
    atomically: (change) => t.db.transaction(change).immediate(),
  });
  const fresh = t.queue.enqueue(newRun('up'))!.id;
  expect(ends.cancelWaiting(fresh)).toBe(true);
  expect(t.told()).toEqual([]);
  const begun = t.queue.claim(t.queue.enqueue(newRun('up'))!.id, 'me', T0)!.id;
  t.queue.requeueForRetry({ id: begun, from: 'running', owner: 'me', notBeforeAt: T0, reason: '' });
  expect(ends.cancelWaiting(begun)).toBe(true);
  expect(ends.cancelWaiting(begun)).toBe(false);
  expect(t.told()).toEqual(['down queued up#2']);
});
