import fs from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { MAX_FRAME_LENGTH } from '../../electron/api/wire.ts';
import type { Handlers } from '../../electron/api/rpc.ts';
import { protocolOf } from '../../electron/host/access.ts';
import { makeToken, readEndpoint, removeEndpoint, writeEndpoint } from '../../electron/host/endpoint.ts';
import { openClient } from '../../electron/host/web-socket-client.ts';
import { serveHttp } from '../../electron/host/web-socket-wire.ts';
import type { HttpHost } from '../../electron/host/web-socket-wire.ts';
import { handlersWith } from '../support/handlers.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const token = makeToken();

async function open(some: Partial<Handlers> = {}, staticFolder: string | null = null): Promise<HttpHost> {
  const onBug = (thrown: unknown) => {
    throw thrown;
  };
  const host = await serveHttp({ port: 0, handlers: handlersWith(some), token, staticFolder, onBug });
  cleanups.push(() => host.close());
  return host;
}

async function temporaryFolder(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'nightjar-'));
  cleanups.push(() => fs.rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What comes of an attempt to open a WebSocket: `open`, or the status that refused it. */
async function knock(
  port: number,
  { protocol = protocolOf(token), origin = undefined as string | undefined, ...rest },
) {
  const { host = `127.0.0.1:${port}`, url = '/api' } = rest as { host?: string; url?: string };
  const socket = new WebSocket(`ws://127.0.0.1:${port}${url}`, protocol, { origin, headers: { host } });
  return new Promise((resolve) => {
    socket.on('open', () => {
      resolve('open');
      socket.terminate();
    });
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode);
      socket.terminate();
    });
    socket.on('error', () => {});
  });
}

/** A request exactly as written: fetch and http would tidy the path up. */
async function ask(port: number, line: string, host = `127.0.0.1:${port}`): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(`${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

test('only who holds the token comes in', async () => {
  const { port } = await open();
  expect(await knock(port, {})).toBe('open');
  expect(await knock(port, { protocol: protocolOf(makeToken()) })).toBe(401);
  expect(await knock(port, { protocol: token })).toBe(401);
  expect(await knock(port, { protocol: 'nightjar.' })).toBe(401);
  expect(await knock(port, { url: `/api?token=${token}` })).toBe(404);
  expect(await knock(port, { url: '/' })).toBe(404);
});

test('a page from elsewhere is refused though it knows the token, by its Origin and by its Host', async () => {
  const { port } = await open();
  expect(await knock(port, { origin: `http://127.0.0.1:${port}` })).toBe('open');
  expect(await knock(port, { origin: `http://localhost:${port}`, host: `localhost:${port}` })).toBe('open');
  expect(await knock(port, { origin: 'https://evil.example' })).toBe(403);
  expect(await knock(port, { origin: 'null' })).toBe(403);
  expect(await knock(port, { origin: `http://127.0.0.1:${port + 1}` })).toBe(403);
  expect(await knock(port, { origin: `http://127.0.0.1:${port}.evil.example` })).toBe(403);
  expect(await knock(port, { host: `rebound.example:${port}` })).toBe(403);
  expect(await ask(port, 'GET /', 'rebound.example')).toMatch(/^HTTP\/1.1 403 /);
});

test('it listens on 127.0.0.1 alone', async () => {
  const { port } = await open();
  const outside = Object.values(os.networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  const elsewhere = [...outside.map(({ address }) => address), '127.0.0.2'];
  for (const address of elsewhere) {
    const socket = net.connect({ port, host: address });
    const outcome = await new Promise((resolve) => {
      socket.on('connect', () => resolve('connected'));
      socket.on('error', () => resolve('refused'));
    });
    socket.destroy();
    expect(outcome, address).toBe('refused');
  }
});

test('the built window is served with its types, a strict policy and no way out of its folder', async () => {
  const folder = await temporaryFolder();
  const built = path.join(folder, 'renderer');
  await fs.mkdir(path.join(built, 'assets'), { recursive: true });
  await fs.writeFile(path.join(folder, 'secret.txt'), 'secret');
  await fs.writeFile(path.join(folder, 'secret.js'), 'secret');
  await fs.writeFile(path.join(built, 'index.html'), '<title>window</title>');
  await fs.writeFile(path.join(built, 'assets', 'main.js'), 'let a = 1;');
  await fs.symlink(path.join(folder, 'secret.js'), path.join(built, 'assets', 'out.js'));
  const { port } = await open({}, built);

  const index = await ask(port, 'GET /');
  expect(index).toContain('<title>window</title>');
  expect(index).toMatch(/content-type: text\/html/i);
  expect(index).toMatch(/cache-control: no-store/i);
  expect(index).toMatch(/x-content-type-options: nosniff/i);
  expect(index).toMatch(/content-security-policy: default-src 'none'; script-src 'self';/i);
  const script = await ask(port, 'GET /assets/main.js?x=1');
  expect(script).toMatch(/content-type: text\/javascript[\s\S]*immutable[\s\S]*let a = 1;/i);
  expect(await ask(port, 'HEAD /assets/main.js')).not.toContain('let a');
  expect(await ask(port, 'GET /run/12')).toContain('<title>window</title>');
  expect(await ask(port, 'GET /assets/none.js')).toMatch(/^HTTP\/1.1 404 /);
  expect(await ask(port, 'POST /')).toMatch(/^HTTP\/1.1 405 /);

  const ways = [
    '/../secret.js',
    '/%2e%2e/secret.js',
    '/..%2fsecret.js',
    '/assets/out.js',
    '/..\\secret.js',
    '//secret.js',
  ];
  for (const way of [...ways, '/../secret.txt', '/assets/../../secret.js', '/%00.js', '/%', 'http://x/../secret.js']) {
    const answer = await ask(port, `GET ${way}`);
    expect(answer, way).toMatch(/^HTTP\/1.1 4\d\d /);
    expect(answer, way).not.toContain('secret');
  }
});

test('where the window is not built, a page says how to build it', async () => {
  const { port } = await open({}, await temporaryFolder());
  expect(await ask(port, 'GET /')).toContain('npm run build');
});

test('a window that stops reading is closed before it fills the memory', async () => {
  const lineOfLog = 'x'.repeat(MAX_FRAME_LENGTH - 1_000);
  let answered = 0;
  const { port } = await open({ 'settings.get': () => (answered++, { lineOfLog }) });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api`, protocolOf(token));
  await new Promise((resolve) => socket.once('open', resolve));
  socket.pause();
  for (let id = 0; id < 20; id++) socket.send(JSON.stringify({ type: 'call', id, method: 'settings.get', input: {} }));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  // Read on only when the host does nothing more for it: what is read while it still answers is not held.
  let before = 0;
  const hasGivenUp = () => {
    const isStill = answered > 0 && answered === before;
    before = answered;
    return isStill;
  };
  await expect.poll(hasGivenUp, { interval: 200 }).toBe(true);
  socket.resume();
  // 1006: cut off, and not closed by agreement.
  expect(await closed).toBe(1006);
});

test('closing ends every connection, frees the port and lets a call that is under way finish', async () => {
  const release: (() => void)[] = [];
  const host = await open({ doctor: () => new Promise((resolve) => release.push(() => resolve([]))) });
  const { port } = host;
  const folder = await temporaryFolder();
  await writeEndpoint(folder, { port, token, pid: process.pid, url: host.url });
  const client = await openClient({ dataFolder: folder });
  const lost = new Promise<void>((resolve) => client.onClose(resolve));
  client.call('doctor', {}).catch(() => {});
  await expect.poll(() => release.length).toBe(1);
  let isClosed = false;
  const closing = host.close().then(() => (isClosed = true));
  await lost;
  expect(isClosed).toBe(false);
  release[0]!();
  await closing;
  const again = http.createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => again.once('listening', resolve));
  again.close();
});

test('a port that is taken is a Failure that says which and what to do', async () => {
  const { port } = await open();
  const options = { port, handlers: handlersWith({}), token, staticFolder: null, onBug: () => {} };
  const said = await serveHttp(options).catch((error: unknown) => error);
  expect(said).toMatchObject({ name: 'Failure', code: 'port-in-use' });
  expect(String(said)).toContain(`port ${port}`);
});

test('the command line finds the Nightjar of a data folder by a file that only its owner can read', async () => {
  const data = path.join(await temporaryFolder(), 'data');
  const host = await open({ doctor: () => [] });
  await writeEndpoint(data, { port: host.port, token, pid: process.pid, url: host.url });
  expect((await fs.stat(data)).mode & 0o777).toBe(0o700);
  expect((await fs.stat(path.join(data, 'endpoint.json'))).mode & 0o777).toBe(0o600);
  const client = await openClient({ dataFolder: data });
  expect(await client.call('doctor', {})).toEqual([]);
  client.close();
});

test('an instance takes back its own endpoint and never that of a newer one', async () => {
  const data = await temporaryFolder();
  const newer = { port: 1, token: makeToken(), pid: 2, url: 'http://127.0.0.1:1' };
  await writeEndpoint(data, { ...newer, token });
  await writeEndpoint(data, newer);
  await removeEndpoint(data, token);
  expect(await readEndpoint(data)).toEqual(newer);
  await removeEndpoint(data, newer.token);
  expect(await readEndpoint(data)).toBeUndefined();
});

test('a newer instance that begins to answer while the older one goes is found, whichever of the two is quicker', async () => {
  const data = await temporaryFolder();
  for (let turns = 0; turns < 60; turns += 1) {
    const newer = { port: 1, token: makeToken(), pid: 2, url: 'http://127.0.0.1:1' };
    await writeEndpoint(data, { ...newer, token });
    const written = writeEndpoint(data, newer);
    // From all at once to long after: somewhere between, the one looks and the other writes.
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    await Promise.all([written, removeEndpoint(data, token)]);
    expect(await readEndpoint(data)).toEqual(newer);
  }
  expect(await fs.readdir(data)).toEqual(['endpoint.json']);
});

test('where nobody answers, the Failure names the folder and the command that helps', async () => {
  const data = await temporaryFolder();
  const notRunning = {
    code: 'not-running',
    message: `No Nightjar answers for ${data}. Start one with \`nightjar serve\`.`,
  };
  await expect(openClient({ dataFolder: data })).rejects.toMatchObject(notRunning);
  await fs.writeFile(path.join(data, 'endpoint.json'), '{"port":');
  await expect(openClient({ dataFolder: data })).rejects.toMatchObject(notRunning);

  // Killed: its file is still there, and its port is free or somebody else's by now.
  const host = await open();
  const { port, url } = host;
  await writeEndpoint(data, { port, token: makeToken(), pid: 1, url });
  await expect(openClient({ dataFolder: data })).rejects.toMatchObject(notRunning);
  await host.close();
  await expect(openClient({ dataFolder: data })).rejects.toMatchObject(notRunning);
});
