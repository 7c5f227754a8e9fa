import { expect, onTestFinished, test } from 'vitest';
import { StoreThread } from '../../../electron/scheduler/retention/store-thread.ts';
import { newRun, T0 } from '../store/temporary-state.ts';
import { aHistory } from './a-history.ts';

test('a thread removes a long history in chunks, and whoever queues runs meanwhile hardly waits', async () => {
  const { db, queue, store, folder } = await aHistory();
  const count = 1_500;
  db.prepare(
    `INSERT INTO runs (job, number, pipeline_name, trigger, state, queued_at, started_at, ended_at, log_bytes, stats_bytes,
       artifact_bytes)
     SELECT 'a', value, 'a', 'scheduled', 'cancelled', @at, @at, @at, 10, 0, 0 FROM (
       WITH RECURSIVE n (value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < @count) SELECT value FROM n)`,
  ).run({ at: T0, count });
  const thread = new StoreThread({ database: db.name, dataFolder: folder });
  onTestFinished(() => thread.close());
  const removing = { isDone: false };
  const removed = (async () => {
    while (!removing.isDone) removing.isDone = (await thread.removeHistory({ job: 'a', now: T0 })).isDone;
  })();
  const waits: number[] = [];
  while (!removing.isDone) {
    const began = performance.now();
    queue.enqueue(newRun('b'));
    waits.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await removed;
  expect(store.totals().get('a')).toBeUndefined();
  expect(store.freedSince(T0)).toMatchObject({ runs: count, sizes: { log: 10 * count } });
  // Not the longest, nor a tenth of them: those are the disk's, and whatever else this machine does.
  waits.sort((a, b) => a - b);
  expect(waits.length).toBeGreaterThan(10);
  expect(waits[Math.floor(waits.length / 2)]).toBeLessThan(20);
});
