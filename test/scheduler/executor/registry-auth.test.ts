import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findAuth, registryOf } from '../../../electron/scheduler/executor/registry-auth.ts';

let home: string;
let notes: string[];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
  await mkdir(join(home, '.docker'));
  notes = [];
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function auth(image: string, config: object, helper?: string) {
  await writeFile(join(home, '.docker/config.json'), JSON.stringify(config));
  if (helper !== undefined) {
    await writeFile(join(home, 'docker-credential-ours'), `#!/bin/sh\n${helper}\n`);
    await chmod(join(home, 'docker-credential-ours'), 0o755);
  }
  return findAuth(image, (text) => notes.push(text), { HOME: home, PATH: `${home}:${process.env['PATH']}` });
}

test.each([
  ['python:3.13', 'https://index.docker.io/v1/'],
  ['library/python', 'https://index.docker.io/v1/'],
  ['docker.io/me/tool', 'https://index.docker.io/v1/'],
  ['ghcr.io/me/tool@sha256:0', 'ghcr.io'],
  ['localhost/tool', 'localhost'],
  ['registry:5000/tool:1', 'registry:5000'],
])('the registry of %s is %s', (image, registry) => {
  expect(registryOf(image)).toBe(registry);
});

test('a password in the configuration may contain colons', async () => {
  const stored = Buffer.from('me:pass:word').toString('base64');
  expect(await auth('ghcr.io/me/tool', { auths: { 'ghcr.io': { auth: stored } } })).toEqual({
    username: 'me',
    password: 'pass:word',
    serveraddress: 'ghcr.io',
  });
  expect(await auth('other.io/me/tool', { auths: { 'ghcr.io': { auth: stored } } })).toBeUndefined();
});

test('a helper is asked for its registry, and gives a password or a token', async () => {
  const config = { credHelpers: { 'ghcr.io': 'ours' } };
  const password = `read registry; [ "$1 $registry" = "get ghcr.io" ] && echo '{"Username":"me","Secret":"s"}'`;
  expect(await auth('ghcr.io/me/tool', config, password)).toEqual({
    username: 'me',
    password: 's',
    serveraddress: 'ghcr.io',
  });
  const token = `echo '{"Username":"<token>","Secret":"t"}'`;
  expect(await auth('ghcr.io/me/tool', config, token)).toEqual({ identitytoken: 't', serveraddress: 'ghcr.io' });
});

test('a helper that fails is told, one that has nothing is not', async () => {
  expect(await auth('python', { credsStore: 'ours' }, 'echo no keychain; exit 1')).toBeUndefined();
  expect(notes).toEqual(['docker-credential-ours gave no credentials: no keychain']);
  expect(
    await auth('python', { credsStore: 'ours' }, 'echo credentials not found in native keychain; exit 1'),
  ).toBeUndefined();
  expect(notes).toHaveLength(1);
  expect(await auth('python', { credsStore: 'not-installed' })).toBeUndefined();
  expect(notes[1]).toContain('ENOENT');
});
