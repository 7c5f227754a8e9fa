/**
 * The executor of containers, on the real thing. Longer than 300 lines because its tests are many and short, and all stand on the one
 * way below in which containers are made, found again and removed.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { createDockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import type { DockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import type { Outcome, TaskTrace } from '../../../electron/scheduler/executor/executor.ts';
import { Failure } from '../../../electron/scheduler/failure.ts';
import type { TaskDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import { CollectedLog } from '../../support/collected-log.ts';
import { executionOf } from './execution.ts';

const IMAGE = 'local/busybox';
const docker = new Docker();

let dataId: string;
let folder: string;
let executor: DockerExecutor;
let images: string[];

beforeEach(async () => {
  dataId = randomBytes(4).toString('hex');
  folder = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
  images = [];
  executor = newExecutor();
});

afterEach(async () => {
  await executor.close();
  await rm(folder, { recursive: true, force: true });
  const left = await ours();
  await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  await Promise.all(images.map((image) => docker.getImage(image).remove({ force: true })));
  if (left.length > 0)
    throw new Error(`The test left containers behind: ${left.map(({ Names }) => Names[0]).join(', ')}.`);
});

function newExecutor(): DockerExecutor {
  return createDockerExecutor({ dataId, instance: 'test', clock: systemClock, onEngineChange: () => {} });
}

/** Of this test, running or not. */
function ours(): Promise<Docker.ContainerInfo[]> {
  return docker.listContainers({ all: true, filters: { label: [`nightjar.data=${dataId}`] } });
}

function attempt(...[task, rest]: Parameters<typeof executionOf>) {
  return executionOf(
    { executor: 'docker', image: IMAGE, pull: 'never', network: 'none', ...task },
    { jobFolder: folder, ...rest },
  );
}

async function run(task: Partial<TaskDefinition>, rest?: Parameters<typeof executionOf>[1]) {
  const execution = attempt(task, rest);
  const outcome = await executor.execute(execution);
  return { execution, outcome, stdout: execution.log.text('stdout'), stderr: execution.log.text('stderr') };
}

/** Started, and its output has said that it is ready; what the engine knows of the container. */
async function started(task: Partial<TaskDefinition>, rest?: Parameters<typeof executionOf>[1]) {
  const stop = new AbortController();
  const execution = attempt(task, { signal: stop.signal, ...rest });
  const ending = executor.execute(execution);
  await execution.log.until((log) => log.text('stdout').includes('ready'));
  const [container] = await ours();
  return { execution, ending, stop, container: docker.getContainer(container!.Id) };
}

/** A tiny image made of the local one; removed after the test. */
async function imageWith(config: Docker.ContainerCreateOptions): Promise<string> {
  const name = `nightjar-test-${dataId}`;
  const container = await docker.createContainer({ Image: IMAGE, Labels: { 'nightjar.data': dataId }, ...config });
  await container.commit({ repo: name, tag: 'latest' });
  await container.remove({ force: true });
  images.push(name);
  return name;
}

describe('what runs', () => {
  test.each([
    ['exit 0', 0],
    ['exit 75', 75],
    ['kill -9 $$', 137],
    ['false; echo never', 1],
    ['no-such-program', 127],
  ])('%s ends with %i', async (command, exitCode) => {
    expect((await run({ command })).outcome).toEqual({ kind: 'exited', exitCode });
  });

  test('stdout and stderr stay apart and keep every byte; a last line needs no end', async () => {
    const { execution, stderr } = await run({ command: `echo err >&2; printf 'x\\377y\\000z'` });
    expect(stderr).toBe('err\n');
    expect([...execution.log.bytes('stdout')]).toEqual([0x78, 0xff, 0x79, 0x00, 0x7a]);
  });

  test('fifty containers that live for a moment lose nothing', async () => {
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    for (let at = 0; at < numbers.length; at += 5) {
      const results = await Promise.all(
        numbers.slice(at, at + 5).map((number) => run({ command: ['echo', `line ${number}`] })),
      );
      expect(results.map(({ stdout }) => stdout)).toEqual(
        numbers.slice(at, at + 5).map((number) => `line ${number}\n`),
      );
    }
  }, 180_000);

  test('200 MB come complete while memory stays flat, though the log is slow at times', async () => {
    let bytes = 0;
    let lines = 0;
    let looks = 0;
    let before = 0;
    let peak = 0;
    const log = new CollectedLog({
      async onWrite(_, chunk) {
        bytes += chunk.length;
        for (const byte of chunk) if (byte === 10) lines++;
        if (bytes >= looks * 1_000_000) {
          looks += 1;
          const { rss } = process.memoryUsage();
          // Buffers find their size within the first part; flat is what comes after (some 40 MB that wait to be collected, of the
          // 170 that come).
          if (bytes < 30_000_000) before = Math.max(before, rss);
          else peak = Math.max(peak, rss);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
    });
    const { outcome } = await run({ command: `yes ${'x'.repeat(99)} | head -n 2000000` }, { log });
    expect(outcome).toEqual({ kind: 'exited', exitCode: 0 });
    expect({ bytes, lines }).toEqual({ bytes: 200_000_000, lines: 2_000_000 });
    expect((peak - before) / 1e6).toBeLessThan(120);
  }, 180_000);

  test('the environment is the attempt’s', async () => {
    const { stdout } = await run({ command: ['env'] }, { environment: { GREETING: 'a=b\nc' } });
    expect(stdout).toContain('GREETING=a=b\nc\n');
  });

  test('the workspace is mounted, and the command works there or in `workdir` below', async () => {
    await writeFile(join(folder, 'file'), 'from the host');
    const { stdout } = await run({ command: 'pwd; cat file; echo back > made' }, { workspace: folder });
    expect(stdout).toBe('/workspace\nfrom the host');
    expect(existsSync(join(folder, 'made'))).toBe(true);
    expect((await run({ command: 'pwd', workdir: 'sub' }, { workspace: folder })).stdout).toBe('/workspace/sub\n');
    expect((await run({ command: 'pwd', workdir: '/etc' }, { workspace: folder })).stdout).toBe('/etc\n');
    expect((await run({ command: 'pwd; ls -d /workspace' })).stdout).toBe('/\n');
  });

  test('volumes, user, network and limits are what the task says', async () => {
    const { container, stop, ending } = await started({
      command: 'echo ready; id -u; cat /in/file || true; touch /in/x || true; while :; do sleep 0.1; done',
      volumes: [`${folder}:/in:ro`, `nightjar-test-${dataId}:/named`],
      user: '1000:1000',
      cpus: 0.5,
      memory: 64 * 1024 * 1024,
      stopTimeoutMs: 100,
    });
    const { HostConfig, Mounts, Config } = await container.inspect();
    stop.abort();
    await ending;
    await docker.getVolume(`nightjar-test-${dataId}`).remove();
    expect(HostConfig).toMatchObject({ NetworkMode: 'none', NanoCpus: 5e8, Memory: 67_108_864, Init: true });
    expect(HostConfig.LogConfig?.Type).toBe('local');
    expect(Mounts.map(({ Type, Destination, RW }) => `${Type} ${Destination} ${RW}`).toSorted()).toEqual([
      'bind /in false',
      'volume /named true',
    ]);
    expect(Config.User).toBe('1000:1000');
    expect(Config.Labels).toMatchObject({
      'nightjar.app': 'nightjar',
      'nightjar.run': '7',
      'nightjar.instance': 'test',
    });
  });

  test('host networking shares the host’s, a named network is joined, none has none', async () => {
    const network = await docker.createNetwork({ Name: `nightjar-test-${dataId}` });
    try {
      const named = await started({
        command: 'echo ready; sleep 60',
        network: `nightjar-test-${dataId}`,
        stopTimeoutMs: 100,
      });
      expect(Object.keys((await named.container.inspect()).NetworkSettings.Networks)).toEqual([
        `nightjar-test-${dataId}`,
      ]);
      named.stop.abort();
      await named.ending;
    } finally {
      await network.remove();
    }
    const interfaces = async (of: string | null) => (await run({ command: 'ls /sys/class/net', network: of })).stdout;
    expect(await interfaces('none')).toBe('lo\n');
    // Those of containers come and go.
    const here = () => readdirSync('/sys/class/net').toSorted().join('\n') + '\n';
    await expect.poll(async () => (await interfaces('host')) === here(), { timeout: 30_000 }).toBe(true);
    expect(await interfaces(null)).toBe('eth0\nlo\n');
  });
});

describe('entrypoint and command', () => {
  test('a string takes the place of the image’s entrypoint, a list keeps it, none is the image’s own', async () => {
    const image = await imageWith({ Entrypoint: ['echo', 'entry'], Cmd: ['cmd'] });
    expect((await run({ image, command: 'echo shell | cat' })).stdout).toBe('shell\n');
    expect((await run({ image, command: ['a b', '$c'] })).stdout).toBe('entry a b $c\n');
    expect((await run({ image, command: null })).stdout).toBe('entry cmd\n');
    expect((await run({ image, command: 'x y', entrypoint: ['echo', 'own'] })).stdout).toBe('own /bin/sh -ec x y\n');
    expect((await run({ image, command: ['x y'], entrypoint: ['echo', 'own'] })).stdout).toBe('own x y\n');
    expect((await run({ image, command: ['echo', 'bare'], entrypoint: [] })).stdout).toBe('bare\n');
  });
});

describe('how it ends', () => {
  test('out of memory is told apart from a kill', async () => {
    const { outcome } = await run({ command: 'tail /dev/zero', memory: 16 * 1024 * 1024 });
    expect(outcome).toEqual({ kind: 'out-of-memory', exitCode: 137, limit: 16 * 1024 * 1024 });
  });

  test('a command that gets over the death of a child has not run out of memory', async () => {
    const { outcome } = await run({ command: 'tail /dev/zero || true; echo fine', memory: 16 * 1024 * 1024 });
    expect(outcome).toEqual({ kind: 'exited', exitCode: 0 });
  });

  test('the stop signal reaches a command without a handler', async () => {
    const { ending, stop } = await started({ command: ['sh', '-c', 'echo ready; exec sleep 60'] });
    stop.abort();
    expect(await ending).toEqual({ kind: 'stopped', exitCode: 143 });
  });

  test('a command may clean up within its time, and its output is complete', async () => {
    const { execution, ending, stop } = await started({
      command: `trap 'sleep 0.3; echo cleaned; exit 3' TERM; echo ready; while :; do sleep 0.05; done`,
    });
    stop.abort();
    expect(await ending).toEqual({ kind: 'stopped', exitCode: 3 });
    expect(execution.log.text('stdout')).toBe('ready\ncleaned\n');
  });

  test('what ignores the stop signal is killed after its time', async () => {
    const { ending, stop } = await started({
      command: `trap '' TERM; echo ready; while :; do sleep 0.05; done`,
      stopTimeoutMs: 300,
    });
    const startedAt = performance.now();
    stop.abort();
    expect(await ending).toEqual({ kind: 'stopped', exitCode: 137 });
    expect(performance.now() - startedAt).toBeGreaterThan(290);
    expect(performance.now() - startedAt).toBeLessThan(8_000);
  });

  test('who stops it may give it less time than the task has', async () => {
    const { ending, stop } = await started({
      command: `trap '' TERM; echo ready; while :; do sleep 0.05; done`,
      stopTimeoutMs: 60_000,
    });
    stop.abort({ kind: 'interrupted', why: 'the machine was shut down', withinMs: 100 });
    expect(await ending).toEqual({ kind: 'stopped', exitCode: 137 });
  });

  test('the image’s stop signal is used, or the task’s', async () => {
    const image = await imageWith({ Cmd: ['true'], StopSignal: 'SIGUSR1' });
    const command = `trap 'exit 11' USR1; trap 'exit 12' INT; echo ready; while :; do sleep 0.05; done`;
    const byImage = await started({ image, command });
    byImage.stop.abort();
    expect(await byImage.ending).toEqual({ kind: 'stopped', exitCode: 11 });
    const byTask = await started({ image, command, stopSignal: 'SIGINT' });
    byTask.stop.abort();
    expect(await byTask.ending).toEqual({ kind: 'stopped', exitCode: 12 });
  });

  test('a container that somebody else removes is lost, not failed', async () => {
    const { ending, container } = await started({ command: 'echo ready; sleep 60' });
    await container.remove({ force: true });
    expect(await ending).toMatchObject({ kind: 'lost' });
  });

  test('a full disk stops the container', async () => {
    const log = new CollectedLog({
      onWrite: () => {
        throw new Failure('disk-full', 'The disk is full.');
      },
    });
    const { outcome } = await run({ command: 'yes', stopTimeoutMs: 500 }, { log });
    expect(outcome).toMatchObject({ kind: 'stopped' });
  });
});

describe('what cannot start', () => {
  const reasonOf = async (task: Partial<TaskDefinition>, rest?: Parameters<typeof executionOf>[1]) => {
    const { outcome } = await run(task, rest);
    expect(outcome.kind).toBe('could-not-start');
    return (outcome as Extract<Outcome, { kind: 'could-not-start' }>).reason;
  };

  test('an image that is not there', async () => {
    expect(await reasonOf({ image: 'local/none:9', pull: 'never' })).toBe(
      'There is no image local/none:9 on this engine, and `pull: never` forbids to pull it.',
    );
    expect(await reasonOf({ image: '127.0.0.1:9/none:9', pull: 'missing' })).toMatch(
      /^The image 127\.0\.0\.1:9\/none:9 could not be pulled: .*connection refused/,
    );
  });

  test('a folder to be mounted that is not there', async () => {
    expect(await reasonOf({ command: 'true', volumes: ['/no/such:/x'] })).toBe(
      "/no/such, which is to be mounted, does not exist on the engine's machine.",
    );
    expect(existsSync('/no/such')).toBe(false);
    expect(await reasonOf({ command: 'true' }, { workspace: '/no/such' })).toContain('/no/such');
  });

  test('a network, a user that is not there', async () => {
    expect(await reasonOf({ command: 'true', network: 'no-such-net' })).toMatch(/^There is no network "no-such-net"/);
    expect(await reasonOf({ command: 'true', user: 'nobody-we-know' })).toBe(
      `The image ${IMAGE} has no user "nobody-we-know".`,
    );
  });

  test('a program that is not there is the init’s to say, as it is a shell’s', async () => {
    const { outcome, stderr } = await run({ command: ['no-such-program'] });
    expect(outcome).toEqual({ kind: 'exited', exitCode: 127 });
    expect(stderr).toContain('exec no-such-program failed');
  });

  test('an engine that is not there', async () => {
    const away = createDockerExecutor({
      dataId,
      instance: 'test',
      clock: systemClock,
      onEngineChange: () => {},
      environment: { DOCKER_HOST: `unix://${folder}/none.sock` },
    });
    const outcome = await away.execute(attempt({ command: 'true' }));
    expect(outcome).toMatchObject({
      kind: 'could-not-start',
      reason: expect.stringContaining('there is no such socket'),
    });
    await away.close();
  });
});

describe('crashes and leftovers', () => {
  test('nothing is created after a stop that came before, and nothing is left by one that came during creation', async () => {
    expect((await run({ command: 'true' }, { signal: AbortSignal.abort() })).execution.traces).toEqual([]);
    const stop = new AbortController();
    const execution = attempt(
      { command: 'sleep 60' },
      { signal: stop.signal, leaveTrace: (trace) => void (trace.imageDigest !== undefined && stop.abort()) },
    );
    expect(await executor.execute(execution)).toEqual({ kind: 'stopped', exitCode: null });
    expect(await ours()).toEqual([]);
  });

  test('the trace names the container before it can exist', async () => {
    const traces: TaskTrace[] = [];
    const execution = attempt({ command: 'true' }, { leaveTrace: (trace) => void traces.push(trace) });
    await executor.execute(execution);
    const name = `nightjar-${dataId}-7-${execution.taskRunId}`;
    expect(traces[0]).toEqual({ containerName: name });
    expect(traces.at(-1)).toMatchObject({ containerName: name, containerId: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('a container of our name that a crash left behind makes way', async () => {
    const execution = attempt({ command: 'echo new' });
    const name = `nightjar-${dataId}-7-${execution.taskRunId}`;
    await docker.createContainer({ name, Image: IMAGE, Cmd: ['true'], Labels: { 'nightjar.data': dataId } });
    expect(await executor.recover(execution, { containerName: name })).toEqual({ kind: 'exited', exitCode: 0 });
    expect(execution.log.text('stdout')).toBe('new\n');
  });

  test('somebody else’s container of that name is left alone', async () => {
    const execution = attempt({ command: 'echo new' });
    const name = `nightjar-${dataId}-7-${execution.taskRunId}`;
    const other = await docker.createContainer({ name, Image: IMAGE, Cmd: ['true'] });
    expect(await executor.execute(execution)).toMatchObject({
      kind: 'could-not-start',
      reason: expect.stringContaining(name),
    });
    await other.inspect();
    await other.remove();
  });

  test('reap removes what no live attempt claims, and nothing of another data folder', async () => {
    const make = (labels: Record<string, string>) =>
      docker.createContainer({ Image: IMAGE, Cmd: ['true'], Labels: { 'nightjar.app': 'nightjar', ...labels } });
    await make({ 'nightjar.data': dataId, 'nightjar.run': '1', 'nightjar.task': '11' });
    const live = await make({ 'nightjar.data': dataId, 'nightjar.run': '2', 'nightjar.task': '22' });
    const other = await make({ 'nightjar.data': `${dataId}x`, 'nightjar.run': '1', 'nightjar.task': '11' });
    expect(await executor.reap(({ taskRunId }) => taskRunId === 22)).toBe(1);
    expect((await ours()).map(({ Id }) => Id)).toEqual([live.id]);
    await other.remove();
    expect(await executor.reap(() => false)).toBe(1);
  });
});

describe('recovery', () => {
  /** As a scheduler that was killed leaves it: started, with some of its output in a log already. */
  async function orphan(command: string) {
    const lost = attempt({ command });
    const container = await docker.createContainer({
      name: `nightjar-${dataId}-7-${lost.taskRunId}`,
      Image: IMAGE,
      Cmd: ['/bin/sh', '-ec', command],
      Labels: { 'nightjar.data': dataId },
      HostConfig: {
        Init: true,
        NetworkMode: 'none',
        LogConfig: { Type: 'local', Config: { 'max-file': '1', 'max-size': '1t', compress: 'false' } },
      },
    });
    await container.start();
    return { container, trace: { containerName: `nightjar-${dataId}-7-${lost.taskRunId}`, containerId: container.id } };
  }

  test('a running container is gone on with where its log stopped, in the middle of a line too', async () => {
    const script =
      'seq 1 50000; seq 1 50000 >&2; while [ ! -e /go ]; do sleep 0.05; done; seq 50001 60000; printf end; exit 6';
    const { container, trace } = await orphan(script);
    const full = `${Array.from({ length: 60_000 }, (_, index) => `${index + 1}\n`).join('')}end`;
    const half = full.indexOf('50001');
    const log = new CollectedLog({ consumed: { stdout: 123_457, stderr: 0 } });
    const execution = attempt({ command: script }, { log });
    const ending = executor.recover(execution, trace);
    await log.until(() => log.consumed('stderr') === half);
    const exec = await container.exec({ Cmd: ['touch', '/go'] });
    await exec.start({});
    expect(await ending).toEqual({ kind: 'exited', exitCode: 6 });
    expect(log.text('stdout').trimEnd() === full.slice(123_457)).toBe(true);
    expect(log.text('stderr') === full.slice(0, half)).toBe(true);
  });

  test('one that has ended meanwhile is collected with its exit code and all that was left of its log', async () => {
    const { container, trace } = await orphan(`printf 'a\\377b\\n'; echo two; exit 9`);
    await container.wait();
    const log = new CollectedLog({ consumed: { stdout: 2 } });
    expect(await executor.recover(attempt({}, { log }), trace)).toEqual({ kind: 'exited', exitCode: 9 });
    expect([...log.bytes('stdout')]).toEqual([...Buffer.from('b\ntwo\n')]);
  });

  test('a lost container is said to be lost', async () => {
    const { container, trace } = await orphan('true');
    await container.remove({ force: true });
    expect(await executor.recover(attempt({}), trace)).toMatchObject({ kind: 'lost' });
  });

  test('a recovered container can be stopped', async () => {
    const { trace } = await orphan('echo ready; sleep 60');
    const stop = new AbortController();
    const execution = attempt({}, { signal: stop.signal });
    const ending = executor.recover(execution, trace);
    await execution.log.until((log) => log.text('stdout').includes('ready'));
    stop.abort();
    expect(await ending).toEqual({ kind: 'stopped', exitCode: 143 });
  });

  test('where the engine has less than we, a line says so', async () => {
    const { container, trace } = await orphan('echo short');
    await container.wait();
    const execution = attempt({}, { log: new CollectedLog({ consumed: { stdout: 500 } }) });
    await executor.recover(execution, trace);
    expect(execution.log.notes.join()).toContain('Output may be missing here');
  });

  test('an engine that is away is waited for, until a stop ends the waiting', async () => {
    const away = createDockerExecutor({
      dataId,
      instance: 'test',
      clock: systemClock,
      onEngineChange: () => {},
      environment: { DOCKER_HOST: `unix://${folder}/none.sock` },
    });
    const stop = new AbortController();
    const ending = away.recover(attempt({}, { signal: stop.signal }), { containerName: 'x', containerId: 'x' });
    await expect.poll(() => away.engine().state).toBe('unavailable');
    stop.abort();
    expect(await ending).toEqual({ kind: 'stopped', exitCode: null });
    await away.close();
  });
});

test('the engine is known by its address, how it was found and its version', async () => {
  expect(executor.engine()).toMatchObject({ state: 'unknown', triedAt: null });
  const { task } = attempt({});
  expect(executor.availability(task)).toMatchObject({ isAvailable: false });
  await expect.poll(() => executor.availability(task)).toEqual({ isAvailable: true });
  expect(executor.engine()).toMatchObject({
    state: 'available',
    version: expect.stringMatching(/^\d+\./),
    error: null,
  });
});
