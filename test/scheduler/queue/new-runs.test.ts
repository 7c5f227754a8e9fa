import { expect, test } from 'vitest';
import type { JobDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import type { NewRun } from '../../../electron/scheduler/queue/new-runs.ts';
import { newRun, temporaryState } from '../store/temporary-state.ts';

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
