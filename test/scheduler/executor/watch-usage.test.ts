import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readingOf } from '../../../electron/scheduler/executor/container-usage.ts';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { createProcessExecutor } from '../../../electron/scheduler/executor/process.ts';
import { readProcessTree } from '../../../electron/scheduler/executor/process-usage.ts';
import { watchUsage } from '../../../electron/scheduler/executor/watch-usage.ts';
import type { Usage } from '../../../electron/scheduler/executor/executor.ts';
import { executionOf } from './execution.ts';

const isLinux = process.platform === 'linux';
const SOON = { timeout: 8_000, interval: 10 };

/** Collects what it is told, at a quicker pace than a real one. */
function aMeter(everyMs = 20) {
  const samples: Usage[] = [];
  const bugs: unknown[] = [];
  return {
    samples,
    bugs,
    everyMs,
    sample: (usage: Usage) => void samples.push(usage),
    failed: (error: unknown) => void bugs.push(error),
  };
}

test('nothing is read before the first pause is over, and nobody who stops it waits', async () => {
  let reads = 0;
  const watch = watchUsage(aMeter(60_000), true, () => void reads++);
  await watch.stop();
  expect(reads).toBe(0);
});

test('processors are the time used between two looks; one that does not answer is left out', async () => {
  const meter = aMeter();
  const readings = [{ cpuMs: 0, memory: 5 }, undefined, { cpuMs: 1e6, memory: 6 }];
  const watch = watchUsage(meter, true, () => readings.shift());
  await vi.waitFor(() => expect(meter.samples.length).toBe(2), SOON);
  await watch.stop();
  expect(meter.samples[0]).toEqual({ cpu: 0, memory: 5 });
  expect(meter.samples[1]!.cpu).toBeGreaterThan(100);
});

test('of a task that was found running the first look is only a start, and a counter that fell begins anew', async () => {
  const meter = aMeter();
  const readings = [900, 900, 3, 3].map((cpuMs) => ({ cpuMs, memory: 1 }));
  const watch = watchUsage(meter, false, () => readings.shift());
  await vi.waitFor(() => expect(readings).toEqual([]), SOON);
  await vi.waitFor(() => expect(meter.samples.length).toBe(2), SOON);
  await watch.stop();
  expect(meter.samples.map(({ cpu }) => cpu)).toEqual([0, 0]);
});

test('a read on its way is given up at the end, and a bug in it is told and fails nothing', async () => {
  let isGivenUp = false;
  let started = (): void => {};
  const reading = new Promise<void>((resolve) => (started = resolve));
  const hanging = watchUsage(aMeter(), true, (signal) => {
    started();
    return new Promise((resolve) =>
      signal.addEventListener('abort', () => {
        isGivenUp = true;
        resolve(undefined);
      }),
    );
  });
  await reading;
  await hanging.stop();
  expect(isGivenUp).toBe(true);
  const meter = aMeter();
  const broken = watchUsage(meter, true, () => Promise.reject(new Error('a bug')));
  await vi.waitFor(() => expect(meter.bugs.length).toBe(1), SOON);
  await broken.stop();
});

test.each([
  ['cgroup v1', { total_inactive_file: 300, inactive_file: 1 }, 700],
  ['cgroup v2', { inactive_file: 200 }, 800],
  ['counters that disagree', { inactive_file: 2_000 }, 1_000],
])('a container’s memory is without idle pages of files: %s', (_, stats, memory) => {
  const answer = { cpu_stats: { cpu_usage: { total_usage: 5e6 } }, memory_stats: { usage: 1_000, stats } };
  expect(readingOf(answer as never)).toEqual({ cpuMs: 5, memory });
});

test('an ended container, which has no numbers, is not read as idle', () => {
  expect(readingOf({ cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} } as never)).toBeUndefined();
});

test.runIf(isLinux)('a process tree is counted with its children, and is nothing when it is gone', async () => {
  const hold = `const held = Buffer.alloc(32e6, 1); console.log('ready'); setInterval(() => held.length, 1e6)`;
  const child = spawn('/bin/sh', ['-c', `"${process.execPath}" -e "${hold}"; true`], { detached: true });
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL');
  });
  await once(child.stdout, 'data');
  expect(readProcessTree(child.pid!)!.memory).toBeGreaterThan(32e6);
  process.kill(-child.pid!, 'SIGKILL');
  await once(child, 'exit');
  expect(readProcessTree(child.pid!)).toBeUndefined();
});

test.runIf(isLinux)(
  'a process task that burns a processor shows it, also where a child of it does',
  async () => {
    const meter = aMeter(300);
    const stop = new AbortController();
    const executor = createProcessExecutor({
      dataId: `usage${process.pid}`,
      clock: systemClock,
      hostEnvironment: async () => ({}),
    });
    const execution = executionOf(
      { command: '(while :; do :; done) & wait', stopTimeoutMs: 1_000 },
      { environment: { PATH: process.env['PATH']! }, signal: stop.signal },
    );
    const ending = executor.execute({ ...execution, usage: meter });
    // Added up, so that it shows also where others leave it a twentieth of a processor; the shell alone, which waits, uses none.
    const used = () => meter.samples.reduce((sum, { cpu }) => sum + cpu, 0);
    await vi.waitFor(() => expect(used()).toBeGreaterThan(0.5), SOON);
    stop.abort();
    expect((await ending).kind).toBe('stopped');
  },
  15_000,
);
