import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../../electron/api/api.ts';
import { createEngineWatch } from '../../../electron/scheduler/executor/engine.ts';
import type { EngineWatch } from '../../../electron/scheduler/executor/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let folder: string;
let clock: FakeClock;
let changes: Engine[];
let watch: EngineWatch;
let servers: Server[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
  clock = new FakeClock('2026-03-01T08:00:00Z');
  changes = [];
  servers = [];
  const environment = { DOCKER_HOST: `unix://${folder}/engine.sock` };
  watch = createEngineWatch({ clock, context: null, environment, onChange: (now) => changes.push(now) });
});

afterEach(async () => {
  await watch.close();
  expectNoTimer();
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

function expectNoTimer(): void {
  if (clock.pending > 0) throw new Error('The watch left a timer behind.');
}

/** All that a watch asks of an engine. */
async function engine(version: object, status = 200): Promise<void> {
  const server = createServer((_, response) => response.writeHead(status).end(JSON.stringify(version)));
  server.listen(join(folder, 'engine.sock'));
  await once(server, 'listening');
  servers.push(server);
}

const states = (): string[] => changes.map(({ state }) => state);

test('nobody is kept waiting: the first answer is that it is looked for, and a change is told', async () => {
  expect(watch.availability()).toEqual({ isAvailable: false, reason: 'Looking for the Docker engine.' });
  await expect.poll(states).toEqual(['unavailable']);
  expect(watch.state()).toMatchObject({ foundBy: 'DOCKER_HOST', triedAt: clock.now(), version: null });
  expect(watch.availability()).toMatchObject({
    reason: 'Docker does not answer.',
  });
});

test('while somebody is interested it is tried every 2 s, and after half a minute without no more', async () => {
  watch.availability();
  await expect.poll(states).toEqual(['unavailable']);
  await expect.poll(() => clock.pending).toBe(1);
  await engine({ Version: '28.1' });
  clock.advance(2_000);
  await expect.poll(states).toEqual(['unavailable', 'available']);
  expect(watch.state().version).toBe('28.1');
  expect(watch.availability()).toEqual({ isAvailable: true });

  await expect.poll(() => clock.pending).toBe(1);
  clock.jump(30_000);
  clock.advance(5_000);
  await expect.poll(() => watch.state().triedAt).toBe(clock.now());
  await watch.check();
  expect(clock.pending).toBe(0);
});

test('a hold is told when the engine is gone, and one taken without an engine at once', async () => {
  expect(watch.hold().lost.aborted).toBe(true);
  await engine({ Version: '28.1' });
  await watch.check();
  const hold = watch.hold();
  expect(hold.lost.aborted).toBe(false);
  servers[0]!.close();
  servers[0]!.closeAllConnections();
  clock.advance(5_000);
  await expect.poll(() => hold.lost.aborted).toBe(true);
  hold.release();
});

test('who waits for the engine gets it when it comes, or gives up', async () => {
  const stop = new AbortController();
  const given = watch.available(stop.signal);
  const got = watch.available(new AbortController().signal);
  await expect.poll(states).toEqual(['unavailable']);
  stop.abort();
  expect(await given).toBeUndefined();
  await engine({ Version: '28.1' });
  await watch.check();
  expect(await got).toBeDefined();
});

test('Podman is known by its own name', async () => {
  await engine({ Version: '4.9.3', Components: [{ Name: 'Podman Engine', Version: '4.9.3' }] });
  expect(await watch.check()).toMatchObject({ state: 'available', version: 'Podman 4.9.3' });
  expect(watch.isPodman()).toBe(true);
});

test('an engine that answers with an error is not available', async () => {
  await engine({ message: 'starting' }, 503);
  expect(await watch.check()).toMatchObject({
    state: 'unavailable',
    error: expect.stringContaining('it answered 503'),
  });
});
