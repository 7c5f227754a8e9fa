import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../../electron/api/api.ts';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { createDockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import type { DockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import { executionOf } from './execution.ts';

/**
 * The engine goes and comes back, as seen by who uses it: its socket is a door of ours to the real one, which can be shut. What
 * the engine itself does when it is killed is engine-restart.fault.test.ts.
 */
const docker = new Docker();
const ENGINE = (docker.modem as unknown as { socketPath: string }).socketPath;

let folder: string;
let dataId: string;
let door: Door;
let executor: DockerExecutor;
let changes: Engine[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
  dataId = randomBytes(4).toString('hex');
  door = new Door(join(folder, 'engine.sock'));
  await door.open();
  changes = [];
  executor = createDockerExecutor({
    dataId,
    instance: 'test',
    clock: systemClock,
    onEngineChange: (engine) => changes.push(engine),
    environment: { DOCKER_HOST: `unix://${door.path}` },
  });
});

afterEach(async () => {
  await executor.close();
  await door.shut();
  await rm(folder, { recursive: true, force: true });
  const left = await ours();
  await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  if (left.length > 0)
    throw new Error(`The test left containers behind: ${left.map(({ Names }) => Names[0]).join(', ')}.`);
});

class Door {
  readonly path: string;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  /** Told what is asked; false: the request does not get through, and the door shuts. */
  onRequest: (head: string) => boolean = () => true;

  /** Nothing gets through any more, and nobody is told. */
  isSilent = false;

  constructor(path: string) {
    this.path = path;
  }

  async open(): Promise<void> {
    this.#server = createServer((inside) => {
      const outside = connect(typeof ENGINE === 'string' ? ENGINE : '/var/run/docker.sock');
      for (const [one, other] of [
        [inside, outside],
        [outside, inside],
      ] as const) {
        this.#sockets.add(one);
        one.on('data', (chunk: Buffer) => {
          if (this.isSilent) return;
          if (one === inside && !this.onRequest(chunk.toString('latin1', 0, 200))) return void this.shut();
          if (!other.write(chunk)) one.pause();
        });
        one.on('end', () => other.end());
        other.on('drain', () => one.resume());
        one.on('error', () => other.destroy());
        one.on('close', () => this.#sockets.delete(one));
      }
    }).listen(this.path);
    await once(this.#server, 'listening');
  }

  /** As when the engine is killed: connections end at once, and nothing listens any more. */
  async shut(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function ours(): Promise<Docker.ContainerInfo[]> {
  return docker.listContainers({ all: true, filters: { label: [`nightjar.data=${dataId}`] } });
}

async function started(command: string) {
  const stop = new AbortController();
  const execution = executionOf(
    { executor: 'docker', image: 'local/busybox', pull: 'never', network: 'none', command, stopTimeoutMs: 500 },
    { signal: stop.signal },
  );
  const ending = executor.execute(execution);
  await execution.log.until((log) => log.text('stdout').includes('ready'));
  const [container] = await ours();
  return { execution, ending, stop, container: docker.getContainer(container!.Id) };
}

async function touch(container: Docker.Container, file: string): Promise<void> {
  const exec = await container.exec({ Cmd: ['touch', file] });
  await exec.start({});
}

const COUNTING = 'echo ready; i=0; while [ ! -e /stop ]; do i=$((i+1)); echo $i; done; printf "last $i"; exit 5';

test('a task goes on when the engine is back, with no line lost or repeated', async () => {
  const { execution, ending, container } = await started(COUNTING);
  for (let round = 0; round < 3; round++) {
    const seen = execution.log.consumed('stdout');
    await execution.log.until((log) => log.consumed('stdout') > seen + 20_000);
    await door.shut();
    await door.open();
  }
  await execution.log.until((log) => log.notes.filter((note) => note.includes('its log goes on here')).length > 0);
  await touch(container, '/stop');
  expect(await ending).toEqual({ kind: 'exited', exitCode: 5 });
  const lines = execution.log.text('stdout').trimEnd().split('\n').slice(1);
  const last = lines.pop();
  expect(last).toBe(`last ${lines.length}`);
  expect(lines.every((line, index) => line === String(index + 1))).toBe(true);
}, 60_000);

test('a task that ends while the engine is away has its true exit code and its whole log', async () => {
  const { execution, ending, container } = await started(COUNTING);
  await door.shut();
  await touch(container, '/stop');
  await container.wait();
  await expect.poll(() => executor.engine().state, { timeout: 20_000 }).toBe('unavailable');
  await door.open();
  expect(await ending).toEqual({ kind: 'exited', exitCode: 5 });
  const lines = execution.log.text('stdout').trimEnd().split('\n').slice(1);
  expect(lines.at(-1)).toBe(`last ${lines.length - 1}`);
  expect(execution.log.notes.join('\n')).toMatch(/does not answer[\s\S]*ended while the engine was away/);
}, 60_000);

test('a container that the engine never started is no success', async () => {
  door.onRequest = (head) => !/^POST \S+\/start /.test(head);
  const execution = executionOf({ executor: 'docker', image: 'local/busybox', pull: 'never', command: 'true' });
  const ending = executor.execute(execution);
  await expect.poll(() => executor.engine().state, { timeout: 20_000 }).toBe('unavailable');
  door.onRequest = () => true;
  await door.open();
  expect(await ending).toEqual({
    kind: 'could-not-start',
    reason: 'The engine went away when the container was to be started.',
  });
  expect(await ours()).toEqual([]);
}, 60_000);

test('an engine that falls silent is given up by its pings, and nothing waits for ever', async () => {
  door.onRequest = (head) => {
    door.isSilent ||= head.includes('/containers/create');
    return true;
  };
  const execution = executionOf({ executor: 'docker', image: 'local/busybox', pull: 'never', command: 'true' });
  const ending = executor.execute(execution);
  await expect.poll(() => executor.engine().state, { timeout: 80_000 }).toBe('unavailable');
  door.onRequest = () => true;
  door.isSilent = false;
  expect(await ending).toMatchObject({
    kind: 'could-not-start',
    reason: expect.stringMatching(/^The engine failed before/),
  });
  expect(await ours()).toEqual([]);
}, 120_000);

test('a stop while the engine is away has no exit code, and the container is removed as soon as it is back', async () => {
  const { ending, stop, execution } = await started(COUNTING);
  await door.shut();
  await expect.poll(() => executor.engine().state, { timeout: 20_000 }).toBe('unavailable');
  stop.abort();
  await execution.log.until((log) => log.notes.join().includes('removed when it is back'));
  await door.open();
  expect(await ending).toEqual({ kind: 'stopped', exitCode: null });
  expect(await ours()).toEqual([]);
}, 60_000);

test('who asks for the engine is told when it goes and when it comes back', async () => {
  const { task } = executionOf({ image: 'local/busybox' });
  await executor.checkEngine();
  expect(executor.availability(task)).toEqual({ isAvailable: true });
  await door.shut();
  await expect
    .poll(() => executor.availability(task), { timeout: 15_000, interval: 200 })
    .toMatchObject({
      isAvailable: false,
      reason: 'Docker does not answer.',
    });
  await door.open();
  await expect
    .poll(() => executor.availability(task), { timeout: 15_000, interval: 200 })
    .toEqual({ isAvailable: true });
  expect(changes.map(({ state }) => state)).toEqual(['available', 'unavailable', 'available']);
}, 60_000);
