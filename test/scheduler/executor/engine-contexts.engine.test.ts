import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { Server } from 'node:tls';
import Docker from 'dockerode';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { createDockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import type { DockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import { executionOf } from './execution.ts';

const SOCKET = (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace('unix://', '');
const docker = new Docker();
let dataId: string;
let home: string;
let executor: DockerExecutor;
let servers: Server[];

beforeEach(async () => {
  dataId = randomBytes(4).toString('hex');
  home = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
  servers = [];
  await mkdir(join(home, 'bin'));
  // The engine that is found is none, so that whatever works goes by its context.
  const DOCKER_HOST = `unix://${join(home, 'none.sock')}`;
  executor = createDockerExecutor({
    dataId,
    instance: 'test',
    clock: systemClock,
    onEngineChange: () => {},
    environment: { HOME: home, PATH: `${join(home, 'bin')}:${process.env['PATH']}`, DOCKER_HOST },
  });
});

afterEach(async () => {
  await executor.close();
  for (const server of servers) server.close();
  await rm(home, { recursive: true, force: true });
  const left = await ours();
  if (left.length > 0)
    throw new Error(`The test left containers behind: ${left.map(({ Names }) => Names[0]).join(', ')}.`);
});

function ours(): Promise<Docker.ContainerInfo[]> {
  return docker.listContainers({ all: true, filters: { label: [`nightjar.data=${dataId}`] } });
}

async function context(name: string, Host: string, certificates: readonly string[] = [], more = {}): Promise<void> {
  const id = createHash('sha256').update(name).digest('hex');
  const [meta, tls] = [join(home, '.docker/contexts/meta', id), join(home, '.docker/contexts/tls', id, 'docker')];
  await mkdir(meta, { recursive: true });
  await writeFile(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host, ...more } } }));
  if (certificates.length > 0) await mkdir(tls, { recursive: true });
  for (const file of certificates) await copyFile(join(home, file), join(tls, file.replace(/^.*-/, '')));
}

function attempt(engine: string, command: string, signal?: AbortSignal) {
  const task = { executor: 'docker', image: 'local/busybox', pull: 'never', network: 'none', engine, command } as const;
  return executionOf(task, signal === undefined ? {} : { signal });
}

/** The certificates of a machine `localhost` and of who may use its engine, all signed by `ca`. */
function makeCertificates(): void {
  const openssl = (...parameters: string[]) => execFileSync('openssl', parameters, { cwd: home, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=ca', '-keyout', 'ca-key.pem', '-out', 'ca.pem');
  for (const [name, subject] of [
    ['server', '/CN=localhost'],
    ['client', '/CN=me'],
  ] as const) {
    openssl('req', ...key, '-subj', subject, '-keyout', `${name}-key.pem`, '-out', `${name}.csr`);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}-cert.pem`);
  }
}

/** What `dockerd --tlsverify` listens with, before the engine of the tests. */
async function tlsEngine(): Promise<number> {
  makeCertificates();
  const read = (name: string) => readFileSync(join(home, name));
  const keys = { ca: read('ca.pem'), cert: read('server-cert.pem'), key: read('server-key.pem') };
  const server = createServer({ ...keys, requestCert: true, rejectUnauthorized: true }, (secure) => {
    const plain = connect(SOCKET);
    secure.pipe(plain).pipe(secure);
    secure.on('error', () => plain.destroy());
    plain.on('error', () => secure.destroy());
  });
  server.listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a context over TLS runs a container; who lacks a certificate, or trusts another authority, is told so', async () => {
  const port = await tlsEngine();
  const mine = ['ca.pem', 'client-cert.pem', 'client-key.pem'];
  await context('box', `tcp://localhost:${port}`, mine);
  await context('nobody', `tcp://localhost:${port}`, ['ca.pem']);
  await context('stranger', `tcp://localhost:${port}`, ['client-cert.pem', 'client-key.pem']);
  await context('trusting', `tcp://localhost:${port}`, mine.slice(1), { SkipTLSVerify: true });
  const execution = attempt('box', 'echo over TLS');
  expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
  expect(execution.log.text('stdout')).toBe('over TLS\n');
  expect(execution.traces[0]).toMatchObject({ engine: 'box' });
  expect(await executor.checkEngine('trusting')).toMatchObject({ state: 'available', foundBy: 'context trusting' });
  expect((await executor.checkEngine('nobody')).error).toMatch(/\(context nobody\) does not answer: .*certificate/);
  expect((await executor.checkEngine('stranger')).error).toMatch(/not signed by the ca\.pem of the context/);
  expect([...executor.engines().keys()].toSorted()).toEqual(['box', 'nobody', 'stranger', 'trusting']);
});

/**
 * In the place of `ssh`: runs the command on this machine, beside a line with what it was asked. A login needs a server of its own;
 * what is tested is the way through the program that the user's own configuration belongs to.
 */
async function standInForSsh(): Promise<string> {
  const asked = join(home, 'asked');
  const script = `#!/bin/sh
echo "$$ $*" >> '${asked}'
while [ "$1" != -- ]; do shift; done
shift
case $1 in unknown) echo 'Host key verification failed.' >&2; exit 255;; bare) echo 'sh: 1: docker: not found' >&2; exit 127;; esac
shift
DOCKER_HOST='unix://${SOCKET}' exec "$@"
`;
  await writeFile(join(home, 'bin/ssh'), script, { mode: 0o755 });
  return asked;
}

test('a context over ssh runs a container through few connections, and one that breaks costs nothing of the log', async () => {
  const asked = await standInForSsh();
  await context('box', 'ssh://me@box:2222');
  await context('unknown', 'ssh://unknown');
  await context('bare', 'ssh://bare');
  await context('evil', 'ssh://-oProxyCommand=true');
  const quick = attempt('box', 'echo over ssh');
  expect(await executor.execute(quick)).toEqual({ kind: 'exited', exitCode: 0 });
  expect(quick.log.text('stdout')).toBe('over ssh\n');
  expect(quick.log.notes[0]).toMatch(/^The engine is on another machine/);
  const lines = (await readFile(asked, 'utf8')).trim().split('\n');
  // What is asked at a time has one each: the version, the output, the end, and a question beside them.
  expect(lines.length).toBeLessThanOrEqual(5);
  expect(lines[0]).toMatch(/-T -o BatchMode=yes .*-l me -p 2222 -- box docker system dial-stdio$/);

  const long = attempt('box', 'for i in 1 2 3 4 5; do echo $i; sleep 0.4; done');
  const ending = executor.execute(long);
  await long.log.until((log) => log.text('stdout').includes('2'));
  for (const line of (await readFile(asked, 'utf8')).trim().split('\n')) {
    try {
      process.kill(Number(line.split(' ')[0]), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  expect(await ending).toEqual({ kind: 'exited', exitCode: 0 });
  expect(long.log.text('stdout')).toBe('1\n2\n3\n4\n5\n');

  expect((await executor.checkEngine('unknown')).error).toMatch(/connect once with "ssh unknown"/);
  expect((await executor.checkEngine('bare')).error).toMatch(/no program "docker" on bare/);
  expect((await executor.checkEngine('evil')).error).toMatch(/is no address|must not be given/);
});

test('what a crash left on a named engine is reaped there', async () => {
  await standInForSsh();
  await context('box', 'ssh://box');
  const { id } = await docker.createContainer({
    Image: 'local/busybox',
    Labels: { 'nightjar.data': dataId, 'nightjar.run': '1', 'nightjar.task': '2' },
  });
  expect(await executor.reap(() => true, ['box'])).toBe(0);
  expect((await ours()).map(({ Id }) => Id)).toEqual([id]);
  await executor.reap(() => false, ['box']);
  expect(await ours()).toEqual([]);
});
