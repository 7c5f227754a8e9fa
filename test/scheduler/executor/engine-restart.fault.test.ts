import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { createDockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import type { DockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import { executionOf } from './execution.ts';

/**
 * The engine is killed and started again while tasks run: an engine of this test's own, beside the one that others work with, so
 * it takes root on a Debian-like machine. Elsewhere it is skipped, and engine-away.engine.test.ts has to do.
 */
const SCRIPTS = fileURLToPath(new URL('../../support/engine', import.meta.url));
// Kept from one time to the next, because making its images is what takes long.
const FOLDER = '/var/lib/nightjar-engine-to-kill';
const SOCKET = `${FOLDER}/docker.sock`;
const ENVIRONMENT = { ...process.env, ENGINE_DIR: FOLDER, ENGINE_SOCKET: SOCKET, ENGINE_NETWORK: 'none' };
const canStart = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
const docker = new Docker({ socketPath: SOCKET });

function enginePid(): number | undefined {
  try {
    const pid = Number(readFileSync(`${FOLDER}/dockerd.pid`, 'utf8'));
    // Killed and not yet waited for is not running any more.
    return /^\d+ \(dockerd\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')) ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function killEngine(): Promise<void> {
  const pid = enginePid();
  if (pid === undefined) throw new Error(`The engine in ${FOLDER} does not run.`);
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => enginePid(), { timeout: 20_000 }).toBeUndefined();
}

async function startEngine(): Promise<void> {
  await runScript('start-engine.sh');
}

async function runScript(name: string): Promise<void> {
  const script = spawn('bash', [join(SCRIPTS, name)], { stdio: ['ignore', 'ignore', 'inherit'], env: ENVIRONMENT });
  const [code] = await once(script, 'exit');
  expect(code).toBe(0);
}

describe.skipIf(!canStart)('an engine of its own, killed', () => {
  let dataId: string;
  let executor: DockerExecutor;

  beforeAll(startEngine, 120_000);
  afterAll(() => runScript('stop-engine.sh'), 60_000);

  beforeEach(() => {
    dataId = randomBytes(4).toString('hex');
    const environment = { DOCKER_HOST: `unix://${SOCKET}` };
    executor = createDockerExecutor({
      dataId,
      instance: 'test',
      clock: systemClock,
      onEngineChange: () => {},
      environment,
    });
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
