import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EngineWatch } from '../../../electron/scheduler/executor/engine.ts';
import { connectEngine } from '../../../electron/scheduler/executor/engine-client.ts';
import { followContainer } from '../../../electron/scheduler/executor/follow-container.ts';
import { giveBack } from '../../../electron/scheduler/executor/give-back.ts';
import { createKeptContainers } from '../../../electron/scheduler/executor/kept-container.ts';
import { reapEngine } from '../../../electron/scheduler/executor/reap-engine.ts';
import { stopContainer } from '../../../electron/scheduler/executor/stop-container.ts';
import { executionOf } from './execution.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An engine that answers as far as a test says, and breaks where it says so. */
async function engine(answers: Readonly<Record<string, Answer>>) {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = `${request.method} ${(request.url ?? '').split('?', 1)[0]}`;
    asked.push(path);
    request.resume();
    const answer = answers[path];
    if (answer === undefined) response.writeHead(404).end('{"message":"no such thing"}');
    else answer(request, response);
  });
  const socket = join(folder, 'engine.sock');
  server.listen(socket);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const docker = await connectEngine({ host: `unix://${socket}`, foundBy: 'test', certificates: null });
  return { docker, asked };
}

const json =
  (value: unknown, status = 200): Answer =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

/** Begins an answer, and breaks the connection in the middle of it. */
const broken =
  (text: string): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(text, () => setImmediate(() => response.destroy()));
  };

test('folders are not given back by an engine that dies meanwhile, and the run that waits for it ends', async () => {
  const { docker, asked } = await engine({
    'POST /containers/create': json({ Id: 'c1' }, 201),
    'POST /containers/c1/start': json({}, 204),
    'POST /containers/c1/wait': broken(''),
    'DELETE /containers/c1': json({}, 204),
  });
  expect(await giveBack(docker, '/tmp/x', 'sha256:1', { dataId: 'd1', instance: 'i1' })).toBe(false);
  expect(asked.at(-1)).toBe('DELETE /containers/c1');
});

test('an engine that falls silent or hangs up where a log is asked for keeps no run from being stopped, and breaks nothing else', async () => {
  const silent = (): void => {};
  const hangsUp: Answer = (_, response) => void response.destroy();
  const follow = async (logs: Answer) => {
    const lost = new AbortController();
    const { docker, asked } = await engine({
      'GET /containers/c1/json': json({ State: { Status: 'running', Running: true }, HostConfig: {} }),
      'POST /containers/c1/wait': silent,
      'GET /containers/c1/logs': logs,
    });
    const watch = {
      available: async () => (lost.signal.aborted ? undefined : docker),
      check: async () => ({ error: null }),
      hold: () => ({ lost: lost.signal, release: () => {} }),
    } as unknown as EngineWatch;
    const ending = followContainer({ watch, id: 'c1', execution: executionOf({}), onLogFailure: () => {} });
    await expect.poll(() => asked, { interval: 5 }).toContain('GET /containers/c1/logs');
    lost.abort();
    return ending;
  };
  expect(await Promise.all([follow(silent), follow(hangsUp)])).toEqual([{ kind: 'given-up' }, { kind: 'given-up' }]);
});

test('a stop whose question the engine drops is asked for again, until the container has ended', async () => {
  const ended = new AbortController();
  const told: string[] = [];
  const { docker } = await engine({
    'GET /containers/c1/json': json({ Config: { StopSignal: 'SIGINT' } }),
    'POST /containers/c1/kill': (request, response) => {
      told.push(new URL(request.url ?? '', 'http://engine').searchParams.get('signal') ?? '');
      if (told.length === 1) return void response.destroy();
      if (told.length === 2) return json({ message: 'the runtime is busy' }, 500)(request, response);
      ended.abort();
      response.writeHead(204).end();
    },
  });
  const watch = { available: async () => docker, check: async () => ({}) } as unknown as EngineWatch;
  await stopContainer(watch, 'c1', executionOf({}, { signal: AbortSignal.abort() }), ended.signal);
  expect(told).toEqual(['SIGINT', 'SIGINT', 'SIGINT']);
});

test('the image of a kept container goes too, where another removal of its shell is still under way', async () => {
  let looks = 0;
  const images: string[] = [];
  const { docker } = await engine({
    'GET /containers/json': (...each) => json(++looks < 3 ? [{ Id: 'c1' }] : [])(...each),
    'DELETE /containers/c1': json({ message: 'removal of container c1 is already in progress' }, 409),
    'DELETE /images/nightjar-d1/kept:5': (...each) => {
      if (looks < 3) return json({ message: 'the image is in use' }, 409)(...each);
      images.push('removed');
      json([])(...each);
    },
  });
  const watch = { available: async () => docker, check: async () => ({}), state: () => ({ state: 'available' }) };
  const kept = createKeptContainers({ dataId: 'd1', instance: 'i1', watchOf: () => watch as unknown as EngineWatch });
  expect(await kept.remove({ runId: 1, taskRunId: 5, containerId: 'c1', engine: null })).toBe(true);
  expect(images).toEqual(['removed']);
});

test('what a crash left is removed, also beside a container that somebody else is removing', async () => {
  const left = (id: string) => ({ Id: id, Labels: { 'nightjar.run': '1', 'nightjar.task': '1' } });
  const { docker, asked } = await engine({
    'GET /containers/json': json(['c1', 'c2', 'c3'].map(left)),
    'DELETE /containers/c1': json({ message: 'removal of container c1 is already in progress' }, 409),
    'DELETE /containers/c2': json({}, 204),
    'DELETE /containers/c3': json({ message: 'device or resource busy' }, 500),
    'GET /images/json': json([]),
  });
  expect(await reapEngine(docker, 'd', () => false)).toBe(1);
  expect(asked).toEqual([
    'GET /containers/json',
    ...['c1', 'c2', 'c3'].map((id) => `DELETE /containers/${id}`),
    'GET /images/json',
    'GET /images/json',
  ]);
});
