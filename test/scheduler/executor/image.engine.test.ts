import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareImage } from '../../../electron/scheduler/executor/image.ts';
import type { TaskDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import { Registry } from './registry.ts';

const docker = new Docker();
let registry: Registry;
let image: string;
let folder: string;
let notes: string[];
let dockerConfig: string | undefined;

beforeEach(async () => {
  registry = new Registry();
  image = `${await registry.start()}/nightjar-test-pull:1`;
  folder = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
  dockerConfig = process.env['DOCKER_CONFIG'];
  process.env['DOCKER_CONFIG'] = folder;
  notes = [];
});

afterEach(async () => {
  if (dockerConfig === undefined) delete process.env['DOCKER_CONFIG'];
  else process.env['DOCKER_CONFIG'] = dockerConfig;
  await registry.close();
  await rm(folder, { recursive: true, force: true });
  const filters = { reference: [image] };
  for (const { Id } of await docker.listImages({ filters })) await docker.getImage(Id).remove({ force: true });
});

function prepare(pull: TaskDefinition['pull'], signal = new AbortController().signal) {
  return prepareImage({ docker, image, policy: pull, note: (text) => notes.push(text), signal });
}

test('an image that is missing is pulled once, and known by its digest', async () => {
  const ready = await prepare('missing');
  expect(ready).toEqual({
    digest: expect.stringMatching(/^127\.0\.0\.1:\d+\/nightjar-test-pull@sha256:[0-9a-f]{64}$/),
    stopSignal: 'SIGINT',
  });
  expect(notes).toEqual([`Pulling ${image}`, expect.stringMatching(new RegExp(`^Pulled ${image} in \\d+ s$`))]);
  await prepare('missing');
  expect(notes).toHaveLength(2);
  await prepare('always');
  expect(notes).toHaveLength(4);
});

test('a long pull says how far it is', async () => {
  registry.layerMs = 5_000;
  await prepare('always');
  expect(notes.slice(1, -1).join()).toMatch(/^Pulling \S+, \d+ %/);
});

test('`never` does not ask the registry; `fallback` takes what is here when the registry is gone', async () => {
  expect(await prepare('never')).toMatch(/^There is no image .* on this engine/);
  expect(notes).toEqual([]);
  await prepare('fallback');
  await registry.close();
  expect(await prepare('fallback')).toMatchObject({ digest: expect.any(String) });
  expect(notes.at(-1)).toMatch(/could not be pulled: .*connection refused.* The one that is here is used\.$/);
  expect(await prepare('always')).toMatch(/connection refused/);
  registry = new Registry();
  await registry.start();
});

test('a stop ends a pull at once', async () => {
  registry.layerMs = Number.POSITIVE_INFINITY;
  const stop = new AbortController();
  const ending = prepare('always', stop.signal);
  setTimeout(() => stop.abort(new Error('stopped by us')), 500);
  await expect(ending).rejects.toThrow('stopped by us');
});

test('credentials come from Docker’s configuration; without them the sentence says what to do', async () => {
  registry.password = 'me:secret';
  const without = await prepare('always');
  expect(without).toMatch(/without credentials; "docker login" for 127\.0\.0\.1:\d+ gives some/);
  const auths = { [image.split('/')[0]!]: { auth: Buffer.from('me:secret').toString('base64') } };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }));
  expect(await prepare('always')).toMatchObject({ digest: expect.any(String) });
});
