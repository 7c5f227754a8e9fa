import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findEngines } from '../../../electron/scheduler/executor/find-engine.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function context(name: string, host: string, more: object = {}): Promise<void> {
  const folder = join(home, '.docker/contexts/meta', createHash('sha256').update(name).digest('hex'));
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'meta.json'),
    JSON.stringify({ Name: name, Endpoints: { docker: { Host: host, ...more } } }),
  );
}

async function currentContext(name: string): Promise<void> {
  await mkdir(join(home, '.docker'), { recursive: true });
  await writeFile(join(home, '.docker/config.json'), JSON.stringify({ currentContext: name }));
}

const sockets = (found: ReturnType<typeof findEngines>): string[] =>
  typeof found === 'string' ? [] : found.map(({ host }) => host).filter((host) => host.includes(home));

test('DOCKER_HOST comes before everything, and nothing comes after it', async () => {
  await context('there', 'tcp://there:2375');
  await currentContext('there');
  const found = findEngines(null, { HOME: home, DOCKER_HOST: 'tcp://here:2375', DOCKER_CONTEXT: 'there' });
  expect(found).toEqual([{ host: 'tcp://here:2375', foundBy: 'DOCKER_HOST', certificates: null }]);
});

test('TLS is what Docker’s own variables say', () => {
  const secure = { HOME: home, DOCKER_HOST: 'tcp://here:2376', DOCKER_TLS_VERIFY: '1' };
  expect(findEngines(null, secure)).toMatchObject([{ certificates: join(home, '.docker') }]);
  expect(findEngines(null, { ...secure, DOCKER_CERT_PATH: '/certs' })).toMatchObject([{ certificates: '/certs' }]);
});

test('the current context is chosen by DOCKER_CONTEXT, else by the configuration; a task’s own comes before both', async () => {
  await context('desktop', 'unix:///desktop.sock');
  await context('remote', 'ssh://me@remote');
  await currentContext('desktop');
  const hostOf = (own: string | null, environment = {}) => findEngines(own, { HOME: home, ...environment });
  expect(hostOf(null)).toEqual([{ host: 'unix:///desktop.sock', foundBy: 'context desktop', certificates: null }]);
  expect(hostOf(null, { DOCKER_CONTEXT: 'remote' })).toMatchObject([{ host: 'ssh://me@remote' }]);
  expect(hostOf('remote', { DOCKER_HOST: 'tcp://other' })).toMatchObject([{ foundBy: 'context remote' }]);
});

test('a context that is not there is a sentence, not another engine', async () => {
  await currentContext('gone');
  expect(findEngines(null, { HOME: home })).toMatch(/^There is no Docker context "gone": .*"docker context create"/);
  await context('nas', 'ssh://nas');
  await context('build-box', 'tcp://build-box:2376');
  expect(findEngines('gone', { HOME: home })).toBe('There is no Docker context "gone": there are build-box, nas.');
});

test('a context says whether it is asked who answers; `default` is what Docker calls so', async () => {
  await context('lab', 'tcp://lab:2376', { SkipTLSVerify: true });
  await mkdir(join(home, '.docker/contexts/tls', createHash('sha256').update('lab').digest('hex'), 'docker'), {
    recursive: true,
  });
  expect(findEngines('lab', { HOME: home })).toMatchObject([
    { isUnverified: true, certificates: expect.stringMatching(/contexts\/tls\/\w{64}\/docker$/) },
  ]);
  const host = { HOME: home, DOCKER_HOST: 'tcp://here:2376', DOCKER_TLS: '1', DOCKER_CERT_PATH: '/certs' };
  expect(findEngines('default', host)).toMatchObject([
    { foundBy: 'DOCKER_HOST', certificates: '/certs', isUnverified: true },
  ]);
});

test('without either, the sockets that exist are tried, Docker’s before Podman’s', async () => {
  const servers = await Promise.all(
    ['run/podman/podman.sock', '.docker/run/docker.sock', 'run/docker.sock'].map(async (path) => {
      await mkdir(join(home, path, '..'), { recursive: true });
      const server = createServer().listen(join(home, path));
      await once(server, 'listening');
      return server;
    }),
  );
  const found = findEngines(null, { HOME: home, XDG_RUNTIME_DIR: join(home, 'run') });
  expect(sockets(found)).toEqual([
    `unix://${home}/.docker/run/docker.sock`,
    `unix://${home}/run/docker.sock`,
    `unix://${home}/run/podman/podman.sock`,
  ]);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

test('a configuration that is no JSON is as good as none', async () => {
  await mkdir(join(home, '.docker'));
  await writeFile(join(home, '.docker/config.json'), '{ not json');
  expect(findEngines(null, { HOME: home })).toBeInstanceOf(Array);
});
