import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

// prepare.mjs in a checkout of its own, with an npm that notes how it was called and does what a test wants of it.

const scripts = path.resolve(import.meta.dirname, '../../scripts');
const LOCK = {
  packages: {
    '': { version: '1.0.0' },
    'node_modules/zod': { version: '4.0.0', integrity: 'sha512-a' },
    'node_modules/only-on-windows': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  },
};
let root: string;

beforeEach(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), 'nightjar-'));
  await fs.mkdir(path.join(root, 'tools'));
  await fs.cp(scripts, path.join(root, 'scripts'), { recursive: true });
  await write('package-lock.json', JSON.stringify(LOCK));
});
afterEach(() => fs.rm(root, { recursive: true, force: true }));

async function write(file: string, text: string, mode = 0o644): Promise<void> {
  await fs.mkdir(path.dirname(path.join(root, file)), { recursive: true });
  await fs.writeFile(path.join(root, file), text, { mode });
}

async function install(packages: object = { 'node_modules/zod': LOCK.packages['node_modules/zod'] }): Promise<void> {
  await write('node_modules/.package-lock.json', JSON.stringify({ packages }));
  await write('node_modules/node/bin/node', '', 0o755);
}

async function prepare(npm = 'exit 0'): Promise<{ status: number | null; stderr: string; calls: string[] }> {
  await write('tools/npm', `#!/bin/sh\necho "$@" >> "${root}/calls"\n${npm}\n`, 0o755);
  const PATH = [path.join(root, 'node_modules/.bin'), path.join(root, 'tools'), process.env['PATH']].join(
    path.delimiter,
  );
  const options = { encoding: 'utf8', env: { PATH }, timeout: 20_000 } as const;
  const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'scripts/prepare.mjs')], options);
  const calls = await fs.readFile(path.join(root, 'calls'), 'utf8').catch(() => '');
  return { status, stderr, calls: calls.split('\n').filter((call) => call !== '') };
}

// The stand-in for npm is a shell script.
describe.skipIf(process.platform === 'win32')('prepare', () => {
  test('with everything in place nothing is run and nothing is said', async () => {
    await install();
    expect(await prepare()).toEqual({ status: 0, stderr: '', calls: [] });
  });

  test.each([
    ['nothing is installed', undefined],
    ['a version differs', { 'node_modules/zod': { version: '3.0.0', integrity: 'sha512-a' } }],
    ['a content differs', { 'node_modules/zod': { version: '4.0.0', integrity: 'sha512-x' } }],
    ['a package is missing', {}],
  ])('when %s, npm ci is run', async (_name, packages) => {
    if (packages !== undefined) await install(packages);
    const makesNode = `mkdir -p "${root}/node_modules/node/bin"; : > "${root}/node_modules/node/bin/node"`;
    const { status, calls } = await prepare(makesNode);
    expect(status).toBe(0);
    expect(calls).toEqual([expect.stringMatching(/^ci /)]);
  });

  test('an installation without the pinned Node is completed', async () => {
    await install();
    await fs.rm(path.join(root, 'node_modules/node/bin/node'));
    const { status, calls } = await prepare(`: > "${root}/node_modules/node/bin/node"`);
    expect(status).toBe(0);
    expect(calls).toEqual([expect.stringMatching(/^rebuild node /)]);
  });

  test('without a network it ends with a sentence that says what to do, and no stack trace', async () => {
    const { status, stderr } = await prepare('echo "npm error code ENOTFOUND" >&2; exit 1');
    expect(status).toBe(1);
    expect(stderr).toContain('npm error code ENOTFOUND');
    expect(stderr).toContain('`npm ci` ended with code 1');
    expect(stderr).toContain('run the same command again');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
