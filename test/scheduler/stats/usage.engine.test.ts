import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createScheduler } from '../../../electron/scheduler/scheduler.ts';
import type { Scheduler } from '../../../electron/scheduler/scheduler.ts';

/** A container that burns a processor beside a process that does, until they are stopped. */
const JOB = `
steps:
  - name: burn
    tasks:
      - { name: container, image: local/busybox, pull: never, network: none, cpus: 0.5, memory: 64MB, command: 'while :; do :; done' }
      - { name: process, command: 'while :; do :; done' }
      - { name: short, image: local/busybox, pull: never, network: none, command: 'true' }
`;

async function started(): Promise<{ open: () => Promise<Scheduler> }> {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-usage-'));
  await mkdir(join(folder, 'jobs'));
  await writeFile(join(folder, 'jobs', 'burn.yml'), JOB);
  const bugs: unknown[] = [];
  let scheduler: Scheduler | undefined;
  onTestFinished(async () => {
    await scheduler?.close('stop');
    await rm(folder, { recursive: true, force: true });
    if (bugs.length > 0) throw bugs[0];
  });
  const open = async (): Promise<Scheduler> => {
    await scheduler?.close('drain');
    scheduler = createScheduler({
      jobsHome: join(folder, 'jobs'),
      dataFolder: join(folder, 'data'),
      version: '1.0.0',
      host: 'headless',
      onBug: (error) => void bugs.push(error),
    });
    await scheduler.start();
    return scheduler;
  };
  return { open };
}

const isShort = ({ name }: { name: string }): boolean => name === 'short';

test('what the tasks of a run use is told while they run, and still known to the next start', async () => {
  const { open } = await started();
  const scheduler = await open();
  const grown: number[] = [];
  scheduler.on((event, key) => event === 'stats.grew' && grown.push(key as number));
  const run = scheduler.addJob('burn');
  const statsOn = async (at: Scheduler) => {
    const names = new Map(at.runs.get(run.id).tasks.map(({ id, name }) => [id, name]));
    return new Map((await at.runs.stats(run.id)).map((one) => [names.get(one.taskRunId), one]));
  };
  const burning = ['container', 'process'];
  await vi.waitFor(
    async () => expect([...(await statsOn(scheduler)).keys()]).toEqual(expect.arrayContaining(burning)),
    {
      timeout: 30_000,
      interval: 50,
    },
  );
  expect(scheduler.runs.get(run.id).state).toBe('running');
  expect(new Set(grown)).toEqual(new Set([run.id]));
  await vi.waitFor(() => expect(scheduler.runs.get(run.id).tasks.find(isShort)?.state).toBe('succeeded'), 20_000);
  scheduler.runs.cancel(run.id);
  await vi.waitFor(() => expect(scheduler.runs.get(run.id).state).toBe('cancelled'), 20_000);

  const next = await open();
  const stats = await statsOn(next);
  // Who is gone before the first look, after two seconds, has none; a busy engine takes longer over it.
  const { startedAt, endedAt } = next.runs.get(run.id).tasks.find(isShort)!;
  const isSlow = endedAt! - startedAt! >= 2_000;
  expect([...stats.keys()].filter((name) => !isSlow || name !== 'short').sort()).toEqual(burning);
  stats.delete('short');
  expect(stats.get('container')).toMatchObject({ cpuLimit: 0.5, memoryLimit: 64e6 });
  expect(stats.get('process')).toMatchObject({ cpuLimit: null, memoryLimit: null });
  for (const { at, cpu, memory } of stats.values()) {
    expect(at.length).toBeGreaterThanOrEqual(1);
    expect(Math.max(...cpu)).toBeGreaterThan(0.02);
    expect(Math.max(...memory)).toBeGreaterThan(10_000);
  }
}, 60_000);
