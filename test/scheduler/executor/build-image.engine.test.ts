import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Docker from 'dockerode';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { buildImage } from '../../../electron/scheduler/executor/build-image.ts';
import { createDockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import type { DockerExecutor } from '../../../electron/scheduler/executor/docker.ts';
import { executionOf } from './execution.ts';

const docker = new Docker();
let dataId: string;
let folder: string;
let executor: DockerExecutor;

beforeEach(async () => {
  dataId = randomBytes(4).toString('hex');
  folder = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
  executor = createDockerExecutor({ dataId, instance: 'test', clock: systemClock, onEngineChange: () => {} });
});

afterEach(async () => {
  await executor.close();
  await rm(folder, { recursive: true, force: true });
  for (const { Id } of await builtImages()) await docker.getImage(Id).remove({ force: true });
});

function builtImages(): Promise<Docker.ImageInfo[]> {
  return docker.listImages({ filters: { label: [`nightjar.built=${dataId}`] } });
}

async function file(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

function attempt(rest: Parameters<typeof executionOf>[1] & { command?: string; dockerfile?: string } = {}) {
  const { command = 'true', dockerfile = null, ...others } = rest;
  const build = { context: folder, dockerfile };
  return executionOf({ executor: 'docker', build, command, pull: 'never', network: 'none' }, others);
}

test('the image has what the context has and `.dockerignore` lets through; the steps and their output are in the log', async () => {
  const long = `deep/${'long-name-'.repeat(14)}/file`;
  await file('.dockerignore', '# everything but\n*\n!src\nsrc/**/*.tmp\n!run.sh\n!deep\n');
  // The engine keeps the steps of a build that it was told before, and those say nothing.
  const step = `RUN echo from the build; echo twice >&2; : ${dataId}`;
  await file('Dockerfile', `FROM local/busybox\nWORKDIR /app\nCOPY . .\n${step}\n`);
  await file('src/a/kept', 'kept');
  await file('src/a/gone.tmp', 'gone');
  await file('secret', 'gone');
  await file(long, 'long');
  await file('run.sh', '#!/bin/sh\necho runs\n');
  await chmod(join(folder, 'run.sh'), 0o755);
  await symlink('a/kept', join(folder, 'src/link'));
  const execution = attempt({ command: `cat src/link; echo; cat ${long}; echo; ./run.sh; find . -type f | grep -c .` });
  expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
  expect(execution.log.text('stdout')).toBe('kept\nlong\nruns\n4\n');
  const { notes } = execution.log;
  expect(notes[0]).toBe(`Building ${folder.split('/').at(-1)} from ${folder}`);
  expect(notes).toEqual(expect.arrayContaining(['from the build', 'twice']));
  expect(notes.join('\n')).toMatch(/^\[4\/4\] RUN echo from the build/m);
  expect(notes.at(-1)).toMatch(/^Built sha256:\w{12} in \d+\.\d s$/);
});

test('two tasks that build the same folder at once do the work once; a changed folder takes the name over', async () => {
  await file('Dockerfile', 'FROM local/busybox\nCOPY data /data\nRUN cat /data\n');
  const one = `one ${dataId}\n`;
  await file('data', one);
  const both = [attempt({ command: 'cat /data' }), attempt({ command: 'cat /data' })];
  await Promise.all(both.map((execution) => executor.execute(execution)));
  expect(both.map(({ log }) => log.text('stdout'))).toEqual([one, one]);
  expect(both.filter(({ log }) => log.notes.includes(one.trim()))).toHaveLength(1);
  expect(both.filter(({ log }) => log.notes.some((note) => note.endsWith('RUN cat /data (cached)')))).toHaveLength(1);

  await file('data', 'two\n');
  await executor.execute(attempt());
  expect(await builtImages()).toHaveLength(2);
  await executor.reap(() => false);
  const [left] = await builtImages();
  expect(await builtImages()).toHaveLength(1);
  expect(left?.RepoTags?.[0]).toMatch(new RegExp(`^nightjar-${dataId}/nightjar-test-\\w+:[0-9a-f]{12}$`));
});

test('a step that fails is named with what it said', async () => {
  await file('Dockerfile', 'FROM local/busybox\nRUN echo oh no; exit 3\n');
  const execution = attempt();
  expect(await executor.execute(execution)).toEqual({
    kind: 'could-not-start',
    reason: expect.stringMatching(/^Building \S+ failed at "\[2\/2\] RUN echo oh no; exit 3": .*exit code: 3\.$/),
  });
  expect(execution.log.notes).toContain('oh no');
});

test('what cannot be built is a sentence: no folder, no Dockerfile, one outside, one that is none, a base that is not there', async () => {
  const reason = async (execution = attempt()) => ((await executor.execute(execution)) as { reason?: string }).reason;
  expect(await reason()).toMatch(/^The Dockerfile \S+ cannot be read: it does not exist/);
  await symlink('/etc/hostname', join(folder, 'outside'));
  expect(await reason(attempt({ dockerfile: 'outside' }))).toMatch(/lies outside its context/);
  await file('Dockerfile', 'FROM local/busybox\nNONSENSE\n');
  expect(await reason()).toMatch(/unknown instruction: NONSENSE/);
  await file('Dockerfile', 'FROM no/such-image:1\n');
  expect(await reason()).toMatch(/^There is no image no\/such-image:1 on this engine.* It is the base of /);
  await rm(folder, { recursive: true });
  expect(await reason()).toMatch(/^The folder \S+, which `build` names, cannot be read/);
});

test('a cancel ends the build, and nothing of it is left', async () => {
  await file('Dockerfile', 'FROM local/busybox\nRUN echo begun; sleep 60\n');
  const stop = new AbortController();
  const execution = attempt({ signal: stop.signal });
  const ending = executor.execute(execution);
  await execution.log.until(({ notes }) => notes.includes('begun'));
  stop.abort();
  expect(await ending).toEqual({ kind: 'stopped', exitCode: null });
  expect(await builtImages()).toEqual([]);
});

test('an engine with the classic builder does the same', async () => {
  // What was built before says nothing.
  await file('Dockerfile', `FROM local/busybox\nRUN echo built; : ${dataId}\n`);
  const notes: string[] = [];
  const request = (text: string) => ({
    docker,
    dataId,
    engine: 'here',
    isClassic: true,
    policy: 'never' as const,
    task: attempt({ command: text }).task,
    note: (line: string) => notes.push(line),
    signal: new AbortController().signal,
  });
  expect(await buildImage(request('true'))).toMatchObject({ digest: expect.stringMatching(/^sha256:/) });
  expect(notes.slice(1, -1)).toEqual(expect.arrayContaining([`Step 2/3 : RUN echo built; : ${dataId}`, 'built']));
  await file('Dockerfile', 'FROM local/busybox\nRUN exit 4\n');
  expect(await buildImage(request('true'))).toMatch(/failed at "2\/3 : RUN exit 4": .*returned a non-zero code: 4\.$/);
});
