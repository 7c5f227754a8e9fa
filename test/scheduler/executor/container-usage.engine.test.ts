import { randomBytes } from 'node:crypto';
import Docker from 'dockerode';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { createDockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import type { DockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import type { Usage } from '../../../electron/scheduler/executor/executor.ts';
import type { TaskDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import { executionOf } from './execution.ts';

let dataId: string;
let executor: DockerExecutor;

beforeEach(() => {
  dataId = randomBytes(4).toString('hex');
  executor = createDockerExecutor({ dataId, instance: 'test', clock: systemClock, onEngineChange: () => {} });
});

afterEach(async () => {
  await executor.close();
  const docker = new Docker();
  const left = await docker.listContainers({ all: true, filters: { label: [`nightjar.data=${dataId}`] } });
  await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  if (left.length > 0) throw new Error('The test left containers behind.');
});

const SOON = { timeout: 20_000, interval: 20 };

/** Runs a task until `isEnough` says so of what was measured, and stops it. */
async function measuredUntil(task: Partial<TaskDefinition>, isEnough: (samples: readonly Usage[]) => boolean) {
  const samples: Usage[] = [];
  const bugs: unknown[] = [];
  const stop = new AbortController();
  const usage = {
    everyMs: 500,
    sample: (one: Usage) => void samples.push(one),
    failed: (error: unknown) => void bugs.push(error),
  };
  const execution = executionOf(
    { executor: 'docker', image: 'local/busybox', pull: 'never', network: 'none', stopTimeoutMs: 500, ...task },
    { signal: stop.signal },
  );
  const ending = executor.execute({ ...execution, usage });
  try {
    await vi.waitFor(() => expect(isEnough(samples), JSON.stringify(samples)).toBe(true), SOON);
  } finally {
    stop.abort();
    await ending;
  }
  expect(bugs).toEqual([]);
  return samples;
}

test('a container that burns a processor shows it', async () => {
  // Half a processor where nobody else wants one; an idle container shows a thousandth.
  const samples = await measuredUntil({ command: 'while :; do :; done' }, (all) => all.some(({ cpu }) => cpu > 0.05));
  expect(Math.max(...samples.map(({ cpu }) => cpu))).toBeLessThan(2);
}, 30_000);

test('one that is held to a quarter of a processor does not show more', async () => {
  const samples = await measuredUntil({ command: 'while :; do :; done', cpus: 0.25 }, (all) => all.length >= 4);
  // A late answer makes one look too small and the next too large.
  const later = samples.slice(1).map(({ cpu }) => cpu);
  expect(later.reduce((sum, cpu) => sum + cpu, 0) / later.length).toBeLessThan(0.5);
  expect(Math.max(...later)).toBeGreaterThan(0.02);
}, 30_000);

test('one that holds 64 MB shows them, and pages of a file that it wrote do not count', async () => {
  // busybox `tail -c` keeps what it may have to print.
  const command = [
    '/bin/sh',
    '-c',
    'dd if=/dev/zero of=/tmp/f bs=1M count=64 2>/dev/null; (dd if=/dev/zero bs=1M count=64 2>/dev/null; sleep 60) | tail -c 67108864 >/dev/null',
  ];
  const samples = await measuredUntil({ command }, (all) => all.some(({ memory }) => memory > 60 * 2 ** 20));
  expect(Math.max(...samples.map(({ memory }) => memory))).toBeLessThan(110 * 2 ** 20);
}, 30_000);

test('a container that is gone before the first look is not asked for anything, and ends as quickly', async () => {
  const task = { executor: 'docker', image: 'local/busybox', pull: 'never', network: 'none', command: 'true' } as const;
  const samples: Usage[] = [];
  const usage = { everyMs: 20_000, sample: (one: Usage) => void samples.push(one), failed: () => {} };
  const outcome = await executor.execute({ ...executionOf(task), usage });
  expect(outcome).toEqual({ kind: 'exited', exitCode: 0 });
  expect(samples).toEqual([]);
}, 30_000);
