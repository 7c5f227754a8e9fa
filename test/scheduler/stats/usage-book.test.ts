import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { UsageBook } from '../../../electron/scheduler/stats/usage-book.ts';
import { measured } from '../../../electron/scheduler/stats/measured.ts';
import { task } from '../../support/definitions.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedExecutor } from '../../support/scripted-executor.ts';
import { executionOf } from '../executor/execution.ts';

const LIMITED = task('build', { executor: 'docker', cpus: 1.5, memory: 512e6 });

async function aBook() {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-usage-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clock = new FakeClock('2026-03-01T08:00:00Z');
  const grown: number[] = [];
  const bugs: unknown[] = [];
  const open = () =>
    new UsageBook({ clock, folderOf: () => folder, grew: (run) => grown.push(run), bug: (error) => bugs.push(error) });
  return { folder, clock, grown, bugs, open, book: open() };
}

test('what is measured is seen at once, with the limits of its container, and is in its file at the end', async () => {
  const { clock, grown, book, open } = await aBook();
  const meter = book.begin({ runId: 7, taskRunId: 3, task: LIMITED });
  expect(meter.everyMs).toBe(2_000);
  meter.sample({ cpu: 0.5, memory: 1_000 });
  expect(grown).toEqual([7]);
  const expected = { taskRunId: 3, at: [clock.now()], cpu: [0.5], memory: [1_000], cpuLimit: 1.5, memoryLimit: 512e6 };
  expect(await book.read(7)).toMatchObject([expected]);
  expect(await book.read(8)).toEqual([]);
  await meter.close();
  expect(await open().read(7)).toMatchObject([expected]);
});

test('a process has no limits, whatever its task says', async () => {
  const { book } = await aBook();
  const meter = book.begin({ runId: 7, taskRunId: 3, task: { ...LIMITED, executor: 'process' } });
  meter.sample({ cpu: 0.5, memory: 1_000 });
  expect(await book.read(7)).toMatchObject([{ cpuLimit: null, memoryLimit: null }]);
  await meter.close();
});

test('a task that ended before it was measured leaves no file', async () => {
  const { folder, book } = await aBook();
  await book.begin({ runId: 7, taskRunId: 3, task: LIMITED }).close();
  expect(await readdir(folder)).toEqual([]);
  expect(await book.read(7)).toEqual([]);
});

test('after a crash the series goes on', async () => {
  const { clock, book, open } = await aBook();
  const before = book.begin({ runId: 7, taskRunId: 3, task: LIMITED });
  before.sample({ cpu: 1, memory: 1 });
  await before.close();
  clock.jump(60_000);
  const next = open();
  const after = await next.resume({ runId: 7, taskRunId: 3, task: LIMITED });
  after.sample({ cpu: 2, memory: 2 });
  expect(await next.read(7)).toMatchObject([{ cpu: [1, 2], memory: [1, 2] }]);
  await after.close();
});

test('where the disk takes nothing, measuring ends and the task does not', async () => {
  const { folder, book } = await aBook();
  const meter = book.begin({ runId: 7, taskRunId: 3, task: LIMITED });
  meter.sample({ cpu: 1, memory: 1 });
  await rm(folder, { recursive: true });
  await writeFile(folder, 'in the way');
  await meter.close();
  expect(meter.everyMs).toBe(Infinity);
  expect(await readFile(folder, 'utf8')).toBe('in the way');
});

test('a file that cannot be read is no file', async () => {
  const { folder, book } = await aBook();
  await writeFile(join(folder, '3.stats'), '{"taskRunId": 3, "at": [1');
  expect(await book.read(7)).toEqual([]);
});

test('an executor is measured whether it begins a task or goes on with one, and its failure comes through', async () => {
  const { book } = await aBook();
  const executor = new ScriptedExecutor({
    task: (execution) => {
      execution.usage?.sample({ cpu: 1, memory: 1 });
      return { kind: 'exited', exitCode: 3 };
    },
  });
  const both = measured(executor, book);
  const execution = executionOf({});
  expect(await both.execute(execution)).toEqual({ kind: 'exited', exitCode: 3 });
  await both.recover(execution, {});
  expect((await book.read(7))[0]?.cpu).toEqual([1, 1]);
  const broken = measured(new ScriptedExecutor({ task: () => Promise.reject(new Error('a bug')) }), book);
  await expect(broken.execute(executionOf({}))).rejects.toThrow('a bug');
});
