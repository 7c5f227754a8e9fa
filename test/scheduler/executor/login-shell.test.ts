import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loginEnvironment, readLoginEnvironment } from '../../../electron/scheduler/executor/login-shell.ts';

/** A profile of many programs on a busy machine. */
const SLOW_MS = 15_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function shell(script: string): Promise<string> {
  const file = join(folder, 'shell');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

test('what a profile says and exports is told apart, values of several lines included', async () => {
  const file = await shell(
    `echo Welcome, PATH=/wrong; export PATH=/from/profile:$PATH LINES_OF='a\nb=c'; exec /bin/sh -c "$2"`,
  );
  const environment = await readLoginEnvironment(file, SLOW_MS);
  expect(environment).toMatchObject({ LINES_OF: 'a\nb=c', PATH: expect.stringMatching(/^\/from\/profile:/) });
  expect(environment).not.toHaveProperty('PWD');
});

test('a real login shell answers', async () => {
  expect(await readLoginEnvironment('/bin/bash', SLOW_MS)).toHaveProperty('PATH');
});

test('a profile that leaves a process with the output open does not hold it up', async () => {
  const file = await shell(`sleep 30 & exec /bin/sh -c "$2"`);
  expect(await readLoginEnvironment(file, SLOW_MS)).toHaveProperty('PATH');
});

test('a profile that hangs is given up after the limit', async () => {
  expect(await readLoginEnvironment(await shell('sleep 30'), 200)).toBeUndefined();
});

test('a shell that is not there, or says nothing, is no answer', async () => {
  expect(await readLoginEnvironment(join(folder, 'none'))).toBeUndefined();
  expect(await readLoginEnvironment(await shell('exit 1'))).toBeUndefined();
});

test('a profile that changed counts when it is asked again; a shell that then says nothing takes nothing away', async () => {
  const before = process.env['SHELL'];
  try {
    process.env['SHELL'] = await shell(`export LATER=one; exec /bin/sh -c "$2"`);
    expect(await loginEnvironment(true)).toMatchObject({ LATER: 'one' });
    await shell(`export LATER=two; exec /bin/sh -c "$2"`);
    expect(await loginEnvironment()).toMatchObject({ LATER: 'one' });
    expect(await loginEnvironment(true)).toMatchObject({ LATER: 'two' });
    await shell('exit 1');
    expect(await loginEnvironment(true)).toMatchObject({ LATER: 'two' });
  } finally {
    if (before === undefined) delete process.env['SHELL'];
    else process.env['SHELL'] = before;
  }
});
