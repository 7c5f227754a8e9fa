import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { CoreOptions } from '../../electron/scheduler/core-options.ts';
import { createExecutors } from '../../electron/scheduler/executor/index.ts';
import { createScheduler, type Scheduler } from '../../electron/scheduler/scheduler.ts';

/** Two seconds for the tasks, and what a busy machine takes for the rest; less than the ten that a task has to end otherwise. */
const LIMIT_MS = 8_000;

async function schedulerOn(folder: string, executors?: CoreOptions['executors']): Promise<Scheduler> {
  const scheduler = createScheduler({
    jobsHome: folder,
    dataFolder: join(folder, '.data'),
    version: '1.0.0',
    host: 'headless',
    environment: process.env,
    ...(executors && { executors }),
    onBug: (error) => {
      throw error;
    },
  });
  await scheduler.start();
  return scheduler;
}

test("the machine's shutdown does not drain: a task that ignores its signal is gone, and marked, within 3 seconds", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-shutdown-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // Not what another test, or an earlier one that was killed, has left.
  const sleep = `sleep 324.${process.pid}`;
  const command = `trap '' TERM; while :; do ${sleep}; done`;
  await writeFile(
    join(folder, 'deaf.yml'),
    `steps: [{ name: one, command: "${command}" }]\nalways: [{ name: never, command: 'true' }]\n`,
  );
  const scheduler = await schedulerOn(folder);
  scheduler.addJob('deaf');
  await vi.waitFor(async () => expect(await countOf(sleep)).toBe(1), { timeout: 20_000 });

  const startedAt = performance.now();
  await scheduler.close('shutdown');
  expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
  expect(await countOf(sleep)).toBe(0);

  const next = await schedulerOn(folder);
  const run = next.runs.get('deaf#1');
  expect(run).toMatchObject({ state: 'interrupted', reason: expect.stringMatching(/^the machine was shut down/) });
  expect(run.tasks.map(({ name }) => name)).toEqual(['one']);
  await next.close('stop');
});

test("an engine that is not let go of does not keep the machine's shutdown", async () => {
  const never = new Promise<void>(() => {});
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-shutdown-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const scheduler = await schedulerOn(folder, (options) => {
    const executors = createExecutors(options);
    return { ...executors, docker: { ...executors.docker, close: () => never } };
  });
  const startedAt = performance.now();
  await scheduler.close('shutdown');
  expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
});

async function countOf(command: string): Promise<number> {
  const { stdout } = await promisify(execFile)('sh', ['-c', `pgrep -f -x '${command}' || true`]);
  return stdout.split('\n').filter(Boolean).length;
}
