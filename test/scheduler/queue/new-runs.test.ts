import { expect, test } from 'vitest';
import type { JobDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import type { NewRun } from '../../../electron/scheduler/queue/new-runs.ts';
import { newRun, T0, temporaryState } from '../store/temporary-state.ts';

test('a definition that went with its last run is stored again, however often it was found before', async () => {
  const { queue, runs, db } = await temporaryState();
  const run = newRun('a', { definition: { id: 'a', pipelineName: 'A' } as JobDefinition });
  for (let times = 0; times < 3; times++) {
    queue.enqueue(run);
    await Promise.resolve();
  }
  db.exec('DELETE FROM runs');
  expect(db.prepare('SELECT count(*) FROM definitions').pluck().get()).toBe(0);
  const [one, two] = queue.enqueueAll([{ run: newRun('b') }, { run }]);
  expect([one, two]).toEqual([4, 5]);
  expect(runs.definitionOf(5)).toMatchObject({ id: 'a', pipelineName: 'A' });
  db.exec('DELETE FROM runs');
  expect(runs.definitionOf(queue.addFirst(run).id)).toMatchObject({ id: 'a' });
});

test('a definition whose transaction was rolled back is not taken for the one that got its id', async () => {
  const { queue, runs, db } = await temporaryState();
  const [a, b] = ['a', 'b'].map((job) => newRun(job)) as [NewRun, NewRun];
  const lost = db.transaction(() => {
    for (let times = 0; times < 3; times++) queue.enqueue(a);
    throw new Error('no room');
  });
  expect(() => lost()).toThrow('no room');
  await Promise.resolve();
  queue.enqueue(b);
  expect(runs.definitionOf(queue.enqueue(a)!.id)).toMatchObject({ id: 'a' });
});

/** As newRunOf makes it: two of one definition are the same but for their moments. */
const asDefined = (job: string, over: Partial<NewRun> = {}): NewRun => newRun(job, { isAsDefined: true, ...over });

test('runs that are queued together are the rows that each would be alone', async () => {
  const [together, alone] = [await temporaryState(), await temporaryState()];
  const nightly = {
    attempts: 3,
    params: { full: 'true', day: 'monday' },
    pipelineName: 'Night',
    concurrencyGroup: 'db',
  };
  const [a, b, c] = [asDefined('a'), asDefined('b', nightly), asDefined('c')] as const;
  const own = { ...b, isAsDefined: false, params: { full: 'false' } };
  // In turn: alike, a job that is there already, later, with params of its own, of another run's end, missed, not before.
  const runsOf = (times: number): NewRun[] => [
    a,
    b,
    c,
    a,
    b,
    ...[c, a].map((run) => ({ ...run, dueAt: T0 + 1 })),
    own,
    { ...a, upstream: { id: times, job: 'z', number: 4 }, trigger: 'after', dueAt: null },
    c,
    ...[a, c].map((run): NewRun => ({ ...run, trigger: 'missed' })),
    ...[b, c].map((run) => ({ ...run, notBeforeAt: T0 + 60_000 })),
  ];
  for (const times of [1, 2, 3]) {
    const runs = runsOf(times);
    const ids = together.queue.enqueueAll(runs.map((run) => ({ run })));
    expect(ids).toEqual(runs.map((_, index) => (times - 1) * runs.length + index + 1));
    for (const run of runs) alone.queue.enqueue(run);
    await Promise.resolve();
  }
  const rows = ({ db }: typeof together) => db.prepare('SELECT * FROM runs ORDER BY position').all();
  expect(rows(together)).toHaveLength(42);
  expect(rows(together)).toEqual(rows(alone));
  const numbers = ({ db }: typeof together) => db.prepare('SELECT * FROM job_numbers ORDER BY job').all();
  expect(numbers(together)).toEqual(numbers(alone));
});

test('a changed definition is what its runs are made from', async () => {
  const { queue, runs } = await temporaryState();
  const before = ['a', 'b'].map((job) => ({ run: asDefined(job) }));
  queue.enqueueAll(before);
  await Promise.resolve();
  const definition = { id: 'a', pipelineName: 'New' } as JobDefinition;
  const ids = queue.enqueueAll([{ run: asDefined('a', { definition, pipelineName: 'New' }) }, before[1]!]);
  expect(runs.getRun(ids[0]!)).toMatchObject({ pipelineName: 'New', number: 2 });
  expect(runs.definitionOf(ids[0]!)).toMatchObject({ pipelineName: 'New' });
});

test('what runs have in common is stored again where its transaction was rolled back, or its definition went', async () => {
  const { queue, runs, db } = await temporaryState();
  const [a, b] = [asDefined('a'), asDefined('b')];
  const batch = [{ run: a }, { run: b }];
  queue.enqueue(a);
  queue.enqueue(b);
  await Promise.resolve();
  const lost = db.transaction(() => {
    queue.enqueueAll(batch);
    throw new Error('no room');
  });
  expect(() => lost()).toThrow('no room');
  expect(db.prepare('SELECT count(*) FROM temp.run_templates').pluck().get()).toBe(0);
  expect(queue.enqueueAll(batch)).toEqual([3, 4]);
  await Promise.resolve();
  expect(queue.enqueueAll(batch)).toEqual([5, 6]);
  db.exec('DELETE FROM runs');
  const ids = queue.enqueueAll(batch) as number[];
  expect(ids.map((id) => runs.definitionOf(id)?.id)).toEqual(['a', 'b']);
  expect(ids.map((id) => runs.getRun(id)?.number)).toEqual([4, 4]);
});
