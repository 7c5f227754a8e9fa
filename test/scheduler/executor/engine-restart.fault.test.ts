import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { createDockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import type { DockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import { executionOf } from './execution.ts';

/**
 * The engine is killed and started again while tasks run. Only an engine that start-engine.sh started is ever killed, never one
 * that somebody works with: elsewhere these tests are skipped, and engine-away.engine.test.ts has to do.
 */
const START = fileURLToPath(new URL('../../support/engine/start-engine.sh', import.meta.url));
const PID_FILE = `${process.env['ENGINE_DIR'] ?? '/var/lib/nightjar-engine'}/dockerd.pid`;
const docker = new Docker();

/** Of the engine that the tests' own script started, if it runs. */
function enginePid(): number | undefined {
  try {
    const pid = Number(readFileSync(PID_FILE, 'utf8'));
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'dockerd' ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function killEngine(): Promise<void> {
  const pid = enginePid();
  if (pid === undefined) throw new Error(`No engine of start-engine.sh runs (${PID_FILE}).`);
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => enginePid(), { timeout: 5_000 }).toBeUndefined();
}

async function startEngine(): Promise<void> {
  const script = spawn('bash', [START], { stdio: 'ignore' });
  const [code] = await once(script, 'exit');
  expect(code).toBe(0);
}

// With CI set nothing is skipped: there the missing engine fails.
describe.skipIf(enginePid() === undefined && !process.env['CI'])('an engine of start-engine.sh, killed', () => {
  let dataId: string;
  let executor: DockerExecutor;

  beforeEach(() => {
    dataId = randomBytes(4).toString('hex');
    executor = createDockerExecutor({ dataId, instance: 'test', clock: systemClock, onEngineChange: () => {} });
  });

  afterEach(async () => {
    await executor.close();
    if (enginePid() === undefined) await startEngine();
    const left = await docker.listContainers({ all: true, filters: { label: [`nightjar.data=${dataId}`] } });
    await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
    if (left.length > 0)
      throw new Error(`The test left containers behind: ${left.map(({ Names }) => Names[0]).join(', ')}.`);
  });

  async function started(command: string) {
    const execution = executionOf({
      executor: 'docker',
      image: 'local/busybox',
      pull: 'never',
      network: 'none',
      command,
      stopTimeoutMs: 500,
    });
    const ending = executor.execute(execution);
    await execution.log.until((log) => log.text('stdout').includes('ready'));
    return { execution, ending };
  }

  test('a task that the returning engine stops has its true exit code, and no line of before is lost or repeated', async () => {
    const { execution, ending } = await started(
      `trap 'echo stopped; exit 21' TERM; echo ready; i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done`,
    );
    await execution.log.until((log) => log.consumed('stdout') > 500);
    const before = execution.log.text('stdout').split('\n').slice(1, -1);
    await killEngine();
    await startEngine();
    const outcome = await ending;
    // Without live-restore the engine stops what ran as it comes back: by our signal, or by force where it takes too long.
    expect(outcome).toMatchObject({
      kind: 'exited',
      exitCode: expect.toSatisfy((code: number) => code === 21 || code === 137),
    });
    const lines = execution.log
      .text('stdout')
      .split('\n')
      .filter((line) => /^\d+$/.test(line));
    expect(lines.slice(0, before.length)).toEqual(before);
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines).toEqual(lines.toSorted((one, other) => Number(one) - Number(other)));
    expect(execution.log.notes.join('\n')).toContain('its last output may be missing');
  }, 120_000);

  test('a task that ends while the engine is down has its true exit code', async () => {
    const { execution, ending } = await started('echo ready; sleep 2; exit 23');
    await killEngine();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await startEngine();
    expect(await ending).toEqual({ kind: 'exited', exitCode: 23 });
    expect(execution.log.text('stdout')).toBe('ready\n');
  }, 120_000);

  test('ten tasks at once all come to an end, and nothing of them is left', async () => {
    const tasks = await Promise.all(Array.from({ length: 10 }, () => started('echo ready; sleep 300')));
    await killEngine();
    await startEngine();
    const outcomes = await Promise.all(tasks.map(({ ending }) => ending));
    expect(outcomes.map(({ kind }) => kind)).toEqual(tasks.map(() => 'exited'));
  }, 120_000);
});
