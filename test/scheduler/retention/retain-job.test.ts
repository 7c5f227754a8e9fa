import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logFolderOf } from '../../../electron/scheduler/log/log-book.ts';
import { newRun, T0 } from '../store/temporary-state.ts';
import { aHistory, DAY } from './a-history.ts';

const MB = 1_000_000;

test('beyond the count the oldest runs go, with their files, and other jobs keep theirs', async () => {
  const history = await aHistory();
  const ids = [1, 2, 3, 4].map(() => history.run('a'));
  history.run('b');
  expect(await history.left('a', { runs: 2 })).toEqual([3, 4]);
  expect(ids.map((id) => existsSync(logFolderOf(history.folder, id)))).toEqual([false, false, true, true]);
  expect(history.store.totals().get('b')?.runs).toBe(1);
});

test('the last success and the last failure stay, however old, large and many in front of them', async () => {
  const history = await aHistory();
  for (const end of ['succeeded', 'failed', 'succeeded', 'timed-out', 'cancelled', 'cancelled'] as const) {
    history.run('a', end, { bytes: 5 * MB, at: T0 - 50 * DAY });
  }
  expect(await history.left('a', { runs: 1, days: 1, bytes: 1 })).toEqual([3, 4]);
});

test('what ended longer ago than the days goes', async () => {
  const history = await aHistory();
  for (const days of [31, 30.5, 29, 2]) history.run('a', 'cancelled', { at: T0 - days * DAY });
  expect(await history.left('a', { days: 30 })).toEqual([3, 4]);
});

test('where ages are not believed, nothing goes for its age', async () => {
  const history = await aHistory();
  history.run('a', 'cancelled', { at: T0 - 31 * DAY });
  history.run('a', 'cancelled', { at: T0 });
  expect(await history.left('a', { days: 30 }, { isAgeDue: false })).toEqual([1, 2]);
});

test('a run from the future, written before the clock was set back, stays and keeps no older one', async () => {
  const history = await aHistory();
  for (const at of [T0 + 400 * DAY, T0 - 31 * DAY, T0]) history.run('a', 'cancelled', { at });
  expect(await history.left('a', { days: 30 })).toEqual([1, 3]);
});

test('while the files are too large together, the oldest go, and those without files stay', async () => {
  const history = await aHistory();
  for (const bytes of [40, 0, 30, 20, 10]) history.run('a', 'cancelled', { bytes: bytes * MB });
  expect(await history.left('a', { bytes: 30 * MB })).toEqual([2, 4, 5]);
});

test('a run that is too large alone sends all others away and stays while it is the newest', async () => {
  const history = await aHistory();
  for (const bytes of [1, 1, 900]) history.run('a', 'cancelled', { bytes: bytes * MB });
  expect(await history.left('a', { bytes: 10 * MB })).toEqual([3]);
  history.run('a', 'cancelled', { bytes: MB });
  expect(await history.left('a', { bytes: 10 * MB })).toEqual([4]);
});

test('artifacts and what was measured of the tasks count, and go with the run', async () => {
  const history = await aHistory();
  const [old, young] = [history.run('a', 'cancelled'), history.run('a', 'cancelled')] as [number, number];
  for (const id of [old, young]) {
    const nested = join(history.folder, 'artifacts', '0', String(id), 'report');
    mkdirSync(nested, { recursive: true });
    writeFileSync(join(nested, 'data.csv'), 'x'.repeat(1_000));
    writeFileSync(join(logFolderOf(history.folder, id), '7.stats'), 'x'.repeat(100));
  }
  await history.work.measure();
  expect(history.store.totalsOf('a').sizes).toEqual({ log: 0, stats: 200, artifacts: 2_000 });
  expect(await history.left('a', { bytes: 2_000 })).toEqual([2]);
  expect(readdirSync(join(history.folder, 'artifacts', '0'))).toEqual([String(young)]);
  expect(history.store.freedSince(T0)).toEqual({
    runs: 1,
    sizes: { log: 0, stats: 100, artifacts: 1_000 },
    containers: 0,
  });
  expect(history.store.totalsOf('a').sizes).toEqual({ log: 0, stats: 100, artifacts: 1_000 });
});

test('skipped rows count for themselves: they push out no run, and no run pushes them out', async () => {
  const history = await aHistory();
  const skip = (reason: string) =>
    history.skips.record({
      job: 'a',
      pipelineName: 'a',
      trigger: 'scheduled',
      schedule: '* * * * * UTC',
      reason,
      firstAt: T0 + history.store.lastId,
      lastAt: T0 + history.store.lastId,
      count: 1,
      at: T0,
    });
  history.run('a');
  history.run('a');
  for (let n = 0; n < 3; n += 1) skip(n % 2 === 0 ? 'paused' : 'already running');
  expect(await history.left('a', { runs: 2 })).toEqual([1, 2, 4, 5]);
});

test('active runs never go and count for nothing', async () => {
  const history = await aHistory();
  const running = history.queue.enqueue(newRun('a', { queuedAt: T0 - 400 * DAY }))!;
  history.queue.claim(running.id, 'another instance', T0 - 400 * DAY);
  history.run('a');
  history.run('a');
  history.queue.enqueue(newRun('a'));
  expect(await history.left('a', { runs: 1, days: 1, bytes: 1 })).toEqual([1, 3, 4]);
  expect((await history.work.removeHistory({ job: 'a', now: T0 })).freed.runs).toBe(1);
  expect(history.store.totalsOf('a').runs).toBe(0);
  expect(history.queue.running()).toHaveLength(1);
});

test('what only the removed runs needed goes with them, and their numbers never come back', async () => {
  const history = await aHistory();
  const id = history.run('a');
  history.tasks.insertTaskRuns(id, [
    {
      part: 'step',
      group: 'one',
      groupIndex: 0,
      taskIndex: 0,
      name: 'one',
      executor: 'process',
      image: null,
      runAttempt: 1,
      attempt: 1,
      attempts: 1,
    },
  ]);
  await history.work.removeHistory({ job: 'a', now: T0 });
  const count = (table: string) => history.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  expect(['runs', 'task_runs', 'definitions', 'definition_texts'].map(count)).toEqual([0, 0, 0, 0]);
  expect(history.queue.enqueue(newRun('a'))).toMatchObject({ id: id + 1, number: 2 });
});

test('every table that refers to a run lets go of it', async () => {
  const { db } = await aHistory();
  const tables = db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all();
  const holding = tables.filter((table) =>
    (db.pragma(`foreign_key_list(${table})`) as { table: string; on_delete: string }[]).some(
      (key) => ['runs', 'task_runs'].includes(key.table) && key.on_delete === 'NO ACTION',
    ),
  );
  expect(holding).toEqual([]);
});
