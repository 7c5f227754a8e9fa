import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { openGit } from '../../../electron/scheduler/workspace/git.ts';
import { Worktrees } from '../../../electron/scheduler/workspace/worktrees.ts';
import { GIT_ENVIRONMENT, Repository } from './repository.ts';
import { Running } from './running.ts';

/** A busy machine. */
const POLL = { timeout: 15_000 };

const worktrees = (running: Running): string[] => readdirSync(join(running.data, 'worktrees'));
const jobOf = (url: string, command: string, more = ''): string =>
  `repo: ${url}\n${more}steps: [ { name: a, command: '${command}' } ]\n`;

test('a run works on the commit of its ref in a folder of its own, in which git works, and nothing of it stays', async () => {
  const repository = new Repository();
  const first = repository.commit('The first', { 'file.txt': 'one' });
  repository.git('tag', '-a', 'v1', '-m', 'Version 1');
  repository.git('checkout', '--quiet', '-b', 'feature/x');
  const feature = repository.commit('A feature', { 'file.txt': 'two' });
  repository.git('checkout', '--quiet', 'main');
  const second = repository.commit('The second', { 'file.txt': 'three' });
  const told =
    'cat file.txt; echo; git log -1 --format=%s; git status --short; echo "$NIGHTJAR_COMMIT"; git describe --tags';
  const running = await Running.start({
    'default.yml': jobOf(repository.url, told),
    'tag.yml': jobOf(repository.url, told, 'ref: v1\n'),
    'branch.yml': jobOf(repository.url, told, 'ref: feature/x\n'),
    'short.yml': jobOf(repository.url, told, `ref: '${first.slice(0, 9)}'\n`),
    'none.yml': jobOf(
      repository.url,
      told,
      `ref: no-such\non_failure: [ { name: tell, command: 'echo "told: $NIGHTJAR_REASON"' } ]\n`,
    ),
  });
  for (const [job, sha, subject, text] of [
    ['default', second, 'The second', 'three'],
    ['tag', first, 'The first', 'one'],
    ['branch', feature, 'A feature', 'two'],
    ['short', first, 'The first', 'one'],
  ] as const) {
    const run = await running.run(job);
    expect(running.scheduler.runs.get(run.id).commit, job).toMatchObject({ sha, subject, isDirty: false });
    const log = await running.log(run);
    expect(log).toContain(`commit ${sha.slice(0, 10)} ${subject}`);
    expect(log.slice(log.indexOf(text), log.indexOf(text) + 3)).toEqual([text, subject, sha]);
    expect(log.at(-1), job).toMatch(/^v1/);
  }
  const none = await running.run('none');
  expect(none).toMatchObject({ state: 'failed' });
  expect(none.reason).toContain(`${repository.url} has no branch, tag or commit no-such;`);
  expect((await running.log(none)).join('\n')).toContain('told: file://');
  expect(worktrees(running)).toEqual([]);
});

test('runs that start together fetch once, and a retry works on the same commit though the branch has moved', async () => {
  const repository = new Repository();
  const sha = repository.commit('The first', { 'file.txt': 'one' });
  const retried = `test "$NIGHTJAR_ATTEMPT" = 2 || { cd ${repository.folder} && echo two > file.txt && git commit --quiet --all --message moved; exit 1; }; cat file.txt`;
  const running = await Running.start({
    ...Object.fromEntries(['a', 'b', 'c'].map((name) => [`${name}.yml`, jobOf(repository.url, 'cat file.txt')])),
    'retried.yml': jobOf(repository.url, retried, 'retry: { limit: 1, interval: 0s }\n'),
    'again.yml': jobOf(repository.url, 'test -e file.txt'),
    'nightjar.yml': 'max_parallel_runs: 3\n',
  });
  const runs = await Promise.all(['a', 'b', 'c'].map((name) => running.run(name)));
  expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  const fetches = await Promise.all(
    runs.map(async (run) => (await running.log(run)).filter((line) => line.startsWith('fetching'))),
  );
  expect(fetches.flat()).toHaveLength(1);

  let run = await running.run('retried');
  while (run.state === 'queued') run = await running.run('retried', () => run);
  expect(run).toMatchObject({ state: 'succeeded', attempt: 2 });
  expect(running.scheduler.runs.get(run.id).commit?.sha).toBe(sha);
  expect((await running.log(run)).at(-1)).toBe('one');
  expect(worktrees(running)).toEqual([]);
});

test('a fetch that hangs is stopped by a cancel; what a crash left of the mirror and of dead runs is mended', async () => {
  const repository = new Repository();
  repository.commit('The first', { 'file.txt': 'one' });
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as { port: number };
  const running = await Running.start({
    'hangs.yml': jobOf(`git://127.0.0.1:${port}/x.git`, 'true'),
    'works.yml': jobOf(repository.url, 'cat file.txt'),
  });
  const { id } = running.scheduler.addJob('hangs');
  await expect
    .poll(() => existsSync(join(running.data, 'repos')) && readdirSync(join(running.data, 'repos')).length, POLL)
    .toBeGreaterThan(1);
  running.scheduler.runs.cancel(id);
  expect(await running.scheduler.ended(id)).toMatchObject({ state: 'cancelled', reason: 'by you' });

  expect((await running.run('works')).state).toBe('succeeded');
  const mirror = readdirSync(join(running.data, 'repos')).find((name) =>
    existsSync(join(running.data, 'repos', name, 'nightjar-seen')),
  )!;
  mkdirSync(join(running.data, 'worktrees', '999.new'), { recursive: true });
  writeFileSync(join(running.data, 'repos', mirror, 'HEAD'), 'rubbish');
  const mended = await running.run('works');
  expect(mended).toMatchObject({ state: 'succeeded' });
  expect((await running.log(mended)).at(-1)).toBe('one');
  await running.scheduler.close('drain');
  await running.again();
  await expect.poll(() => worktrees(running), POLL).toEqual([]);
});

test('a folder is used as it is, with its commit and whether it has changes; one that is missing is named', async () => {
  const repository = new Repository();
  const sha = repository.commit('The first', { 'file.txt': 'one' });
  const running = await Running.start({
    'folder.yml': jobOf(repository.folder, 'pwd'),
    'missing.yml': jobOf('./nowhere', 'true'),
  });
  const clean = await running.run('folder');
  expect(running.scheduler.runs.get(clean.id).commit).toMatchObject({ sha, isDirty: false });
  expect(await running.log(clean)).toContain(repository.folder);
  writeFileSync(join(repository.folder, 'new.txt'), '');
  const dirty = await running.run('folder');
  expect(running.scheduler.runs.get(dirty.id).commit).toMatchObject({ sha, isDirty: true });
  expect(existsSync(join(repository.folder, 'file.txt'))).toBe(true);
  const missing = await running.run('missing');
  expect(missing).toMatchObject({
    state: 'failed',
    reason: `\`repo\` ${join(running.folder, 'jobs', 'nowhere')} does not exist; create it, or change \`repo\`.`,
  });
});

test('a run that outlived a crash finds its folder as it left it; what was half made is made anew', async () => {
  const repository = new Repository();
  const sha = repository.commit('The first', { 'file.txt': 'one' });
  const { data } = await Running.start({});
  const { signal } = new AbortController();
  const git = await openGit({ environment: GIT_ENVIRONMENT, signal });
  const made = new Worktrees(data);
  const make = (known: string | null) =>
    made.make(
      12,
      { url: repository.url, ref: 'main', sha: known, protocols: 'file' },
      { clock: systemClock, git, signal, note: () => {} },
    );
  mkdirSync(`${made.folderOf(12)}.new`, { recursive: true });
  const { folder } = await make(null);
  writeFileSync(join(folder, 'file.txt'), 'at work');
  repository.commit('Moved meanwhile', { 'file.txt': 'two' });
  expect(await make(sha)).toMatchObject({ folder, sha, subject: 'The first' });
  expect(readFileSync(join(folder, 'file.txt'), 'utf8')).toBe('at work');
  const nobody = async (): Promise<boolean> => false;
  await made.sweep((runId) => runId === 12, nobody);
  expect(existsSync(folder)).toBe(true);
  await made.sweep(() => false, nobody);
  expect(readdirSync(join(data, 'worktrees'))).toEqual([]);
});
