import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { extractAll, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildDesktop, STAND_IN } from '../support/desktop-under-test.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
/** What the fuses are found by in Electron's binary, and what follows: version 1, nine fuses, as Electron ships them. */
const FUSES = Buffer.concat([
  Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
  Buffer.from([1, 9]),
  Buffer.from('101100011'),
]);

const KEYRING = 'node_modules/@napi-rs/keyring-linux-x64-gnu';

let folder = '';
let resources = '';
let files: string[] = [];

// Electron's runtime, as far as packing looks at it: a folder with a binary that has fuses. It cannot be run.
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nightjar-pack-'));
  const runtime = path.join(folder, 'runtime');
  await mkdir(path.join(runtime, 'resources'), { recursive: true });
  await writeFile(path.join(runtime, 'electron'), Buffer.concat([Buffer.alloc(4_096), FUSES, Buffer.alloc(64)]));
  const { version } = createRequire(import.meta.url)('electron/package.json') as { version: string };
  for (const [name, text] of Object.entries({ version, LICENSE: '', 'LICENSES.chromium.html': '' })) {
    await writeFile(path.join(runtime, name), text);
  }
  await buildDesktop();
  const builder = path.join(ROOT, 'node_modules/electron-builder/out/cli/cli.js');
  const out = path.join(folder, 'out');
  const overrides = [`-c.electronDist=${runtime}`, `-c.directories.output=${out}`];
  const packed = await run([builder, '--linux', 'dir', '--x64', '--publish', 'never', ...overrides]);
  resources = path.join(out, 'linux-unpacked', 'resources');
  if (packed.code !== 0) throw new Error(`electron-builder: ${packed.said}`);
  files = listPackage(path.join(resources, 'app.asar'), { isPack: false }).map((file) =>
    file.replaceAll('\\', '/').slice(1),
  );
}, 240_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the package has the build, its icons and what it depends on, and nothing else', () => {
  const outside = files.filter((file) => !/^(node_modules|dist|resources|package\.json)(\/|$)/.test(file));
  expect(outside).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining([
      'dist/electron/main.js',
      'dist/electron/preload.cjs',
      'dist/electron/launcher-process.js',
      'dist/electron/log-search-worker.js',
      'dist/electron/keyring-worker.js',
      'dist/electron/store-worker.js',
      'dist/renderer/index.html',
      'resources/icons/tray/idle-22@2x.png',
      'resources/icons/app/256x256.png',
      'node_modules/zod/package.json',
    ]),
  );
  const unused = ['@grpc', 'protobufjs', 'ssh2'];
  expect(files.filter((file) => unused.some((name) => file.startsWith(`node_modules/${name}/`)))).toEqual([]);
  const devOnly = ['electron', 'vite', 'svelte', 'typescript', 'vitest', 'playwright-core', 'node', 'codemirror'];
  expect(devOnly.filter((name) => files.includes(`node_modules/${name}`))).toEqual([]);
  expect(files.filter((file) => /\.(ts|map|md|ya?ml)$/.test(file))).toEqual([`${KEYRING}/LICENSE.third-party.md`]);
});

test('of native binaries there are those of SQLite and the keyring for this target, outside of the archive', async () => {
  const binaries = ['node_modules/better-sqlite3/prebuilds/linux-x64.node', `${KEYRING}/keyring.linux-x64-gnu.node`];
  expect(files.filter((file) => file.endsWith('.node')).sort()).toEqual(binaries.sort());
  for (const binary of binaries) {
    const unpacked = await readFile(path.join(resources, 'app.asar.unpacked', binary));
    expect(unpacked.equals(await readFile(path.join(ROOT, binary)))).toBe(true);
  }
});

test('the fuses leave no way into the program around the program', async () => {
  const wire = await getCurrentFuseWire(path.join(resources, '..', 'nightjar'));
  const states = {
    [FuseV1Options.RunAsNode]: FuseState.DISABLE,
    [FuseV1Options.EnableCookieEncryption]: FuseState.ENABLE,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: FuseState.DISABLE,
    [FuseV1Options.EnableNodeCliInspectArguments]: FuseState.DISABLE,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: FuseState.ENABLE,
    [FuseV1Options.OnlyLoadAppFromAsar]: FuseState.ENABLE,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: FuseState.DISABLE,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: FuseState.DISABLE,
  };
  expect(wire).toMatchObject(states);
});

test('what is in the package runs a job, with nothing of the checkout beside it', async () => {
  const program = path.join(folder, 'program');
  extractAll(path.join(resources, 'app.asar'), program);
  const jobs = path.join(folder, 'jobs');
  await mkdir(jobs);
  await writeFile(path.join(jobs, 'hello.yml'), `steps: [{ name: greet, command: 'echo good evening' }]\n`);
  const own = ['--home', jobs, '--data', path.join(folder, 'data')];
  const ran = await run(['--import', STAND_IN, path.join(program, 'dist/electron/main.js'), ...own, 'run', 'hello']);
  expect(ran).toMatchObject({ code: 0, said: expect.stringContaining('good evening') });
});

async function run(args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], timeout: 150_000 });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })));
}
