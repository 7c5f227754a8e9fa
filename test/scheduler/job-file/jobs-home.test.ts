import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { STEP, put, startHome, temporaryFolder } from './home-folder.ts';

/** A second on a machine that has time; on a busy one still less than until the look that needs no watcher, after five. */
const AT_ONCE = 4_500;
/** Writes that took no longer than this had no pause in between that is long enough to be taken for the end of them. */
const WITHOUT_PAUSE_MS = 15;

describe('what is found', () => {
  test('job files of all folders are jobs, but for dot folders, node_modules and other names', async () => {
    const folder = await temporaryFolder();
    await put(folder, {
      'a.yml': STEP,
      'deep/er/b.yaml': STEP,
      'notes.txt': 'x',
      '.git/c.yml': STEP,
      'node_modules/d.yml': STEP,
      '.hidden.yml': STEP,
    });
    const { home, ids, changes } = await startHome(folder);
    expect(ids()).toEqual(['a', 'deep/er/b']);
    expect(home.get('deep/er/b').definition?.file).toBe(join(folder, 'deep/er/b.yaml'));
    expect(changes.map(({ changed }) => changed.map(({ id }) => id))).toEqual([['a', 'deep/er/b']]);
  });

  test('a link to outside is refused with a Problem, and a circle of links is harmless', async () => {
    const folder = await temporaryFolder();
    const outside = await temporaryFolder();
    await put(outside, { 'secret.yml': STEP });
    await put(folder, { 'a.yml': STEP, 'sub/b.yml': STEP });
    await symlink(join(outside, 'secret.yml'), join(folder, 'stolen.yml'));
    await symlink(outside, join(folder, 'elsewhere'));
    await symlink(folder, join(folder, 'sub', 'circle'));
    await symlink('self.yml', join(folder, 'self.yml'));
    await symlink('a.yml', join(folder, 'twin.yml'));
    const { home, ids } = await startHome(folder);
    expect(ids()).toEqual(['a', 'stolen', 'sub/b', 'twin']);
    expect(home.get('stolen').definition).toBeNull();
    expect(home.get('stolen').problems[0]?.message).toMatch(/link that leaves the jobs home/);
    expect(home.get('twin').isCurrent).toBe(true);
    expect(home.home.problems.map((problem) => problem.file)).toEqual(['elsewhere']);
  });

  test('ids that differ in case or extension only are a Problem on both, until one is renamed', async () => {
    const folder = await temporaryFolder();
    await put(folder, { 'a.yml': STEP, 'A.yaml': STEP, 'b.yml': STEP });
    const { home, until, changes } = await startHome(folder);
    expect(home.jobs().map(({ file, definition }) => [file, definition !== null])).toEqual([
      ['A.yaml', false],
      ['a.yml', false],
      ['b.yml', true],
    ]);
    expect(home.jobs()[0]?.problems[0]?.message).toContain('a.yml');
    expect(home.checkText('B.yml', STEP).definition).toBeNull();
    await rename(join(folder, 'A.yaml'), join(folder, 'c.yaml'));
    await until(() => home.jobs().every(({ isCurrent }) => isCurrent), AT_ONCE);
    expect(changes.flatMap(({ removed }) => removed)).toEqual([]);
  });

  test('what is no text, is too large or cannot be decoded is listed with a Problem', async () => {
    const folder = await temporaryFolder();
    await put(folder, { 'large.yml': `#${'x'.repeat(1_048_576)}`, 'empty.yml': '' });
    await writeFile(join(folder, 'latin.yml'), Buffer.from([0x64, 0xe4, 0x3a]));
    await mkdir(join(folder, 'folder.yml'));
    const { home } = await startHome(folder);
    expect(home.jobs().map(({ id, problems }) => `${id}: ${problems[0]?.message}`)).toEqual([
      'empty: the file is empty; write at least `scheduler:` or `steps:`',
      'large: the file is larger than 1 MiB, which no job file may be',
      'latin: the file is not UTF-8 text; save it in that encoding',
    ]);
  });

  test('a job is found by its id, else by a name that only it has, else a Failure says which was meant', async () => {
    const folder = await temporaryFolder();
    await put(folder, {
      'backup.yml': `pipeline_name: nightly\n${STEP}`,
      'x/twin.yml': STEP,
      'y/twin.yml': STEP,
      'nightly.yml': `pipeline_name: backup\n${STEP}`,
    });
    const { home } = await startHome(folder);
    expect(home.get('backup').file).toBe('backup.yml');
    expect(home.get('nightly').file).toBe('nightly.yml');
    expect(() => home.get('twin')).toThrow(
      expect.objectContaining({
        code: 'ambiguous-job',
        message: '2 jobs are called twin: say which by its id: x/twin, y/twin.',
      }),
    );
    expect(() => home.get('bakcup')).toThrow(
      expect.objectContaining({ code: 'no-such-job', message: expect.stringContaining('Did you mean backup?') }),
    );
  });
});

describe('what takes effect within a second', () => {
  test('a file that is added, edited, renamed and deleted', async () => {
    const folder = await temporaryFolder();
    await put(folder, { 'a.yml': STEP });
    const { home, until, ids, changes } = await startHome(folder);
    await put(folder, { 'b.yml': STEP });
    // Not that it is listed: a busy machine may have looked at it before its text was written.
    await until(() => home.jobs().some(({ id, isCurrent }) => id === 'b' && isCurrent), AT_ONCE);
    await put(folder, { 'b.yml': `paused: true\n${STEP}` });
    await until(() => home.get('b').definition?.paused === true, AT_ONCE);
    await rename(join(folder, 'b.yml'), join(folder, 'c.yml'));
    await until(() => ids().join() === 'a,c', AT_ONCE);
    await rm(join(folder, 'c.yml'));
    await until(() => ids().join() === 'a', AT_ONCE);
    const told = changes.slice(1).map(({ changed, removed }) => ({ changed: changed.map(({ id }) => id), removed }));
    expect(told.filter(({ changed, removed }) => changed.length + removed.length > 0)).toEqual([
      { changed: ['b'], removed: [] },
      { changed: ['b'], removed: [] },
      { changed: ['c'], removed: ['b'] },
      { changed: [], removed: ['c'] },
    ]);
  });

  test('an editor that saves by rename, again and again', async () => {
    const folder = await temporaryFolder();
    await put(folder, { 'a.yml': STEP });
    const { home, until } = await startHome(folder);
    for (const version of ['one', 'two', 'three']) {
      await put(folder, { '.a.yml.tmp': `description: ${version}\n${STEP}` });
      await rename(join(folder, '.a.yml.tmp'), join(folder, 'a.yml'));
      await until(() => home.get('a').definition?.description === version, AT_ONCE);
      expect(home.get('a').isCurrent).toBe(true);
    }
  });

  test('a folder of jobs that is added, filled later, renamed and deleted', async () => {
    const folder = await temporaryFolder();
    const { until, ids } = await startHome(folder);
    await put(folder, { 'new/deep/a.yml': STEP });
    await until(() => ids().join() === 'new/deep/a', AT_ONCE);
    await put(folder, { 'new/deep/b.yml': STEP });
    await until(() => ids().join() === 'new/deep/a,new/deep/b', AT_ONCE);
    await rename(join(folder, 'new'), join(folder, 'old'));
    await until(() => ids().join() === 'old/deep/a,old/deep/b', AT_ONCE);
    await put(folder, { 'old/deep/c.yml': STEP });
    await until(() => ids().length === 3, AT_ONCE);
    await rm(join(folder, 'old'), { recursive: true });
    await until(() => ids().length === 0, AT_ONCE);
    expect(ids()).toEqual([]);
  });

  test('a home that does not exist yet, goes, and comes back', async () => {
    const folder = join(await temporaryFolder(), 'not', 'yet');
    const { until, ids } = await startHome(folder);
    expect(ids()).toEqual([]);
    await put(folder, { 'a.yml': STEP });
    await until(() => ids().join() === 'a', AT_ONCE);
    await rm(folder, { recursive: true });
    await until(() => ids().length === 0, AT_ONCE);
    await put(folder, { 'b.yml': STEP });
    await until(() => ids().join() === 'b', AT_ONCE);
    await put(folder, { 'c.yml': STEP });
    await until(() => ids().join() === 'b,c', AT_ONCE);
  });

  test('a home that another folder takes the place of', async () => {
    const parent = await temporaryFolder();
    const folder = join(parent, 'home');
    await put(parent, { 'home/a.yml': STEP, 'other/b.yml': STEP });
    const { until, ids } = await startHome(folder);
    await rename(folder, join(parent, 'before'));
    await rename(join(parent, 'other'), folder);
    await until(() => ids().join() === 'b', AT_ONCE);
    await put(folder, { 'c.yml': STEP });
    await until(() => ids().join() === 'b,c', AT_ONCE);
    expect(ids()).toEqual(['b', 'c']);
  });

  test('nightjar.yml: every job is looked at again, and once more when it is gone', async () => {
    const folder = await temporaryFolder();
    await put(folder, { 'a.yml': '# none\ndescription: a\n', 'b.yml': STEP });
    const { home, until } = await startHome(folder);
    expect(home.get('a').problems[0]?.severity).toBe('warning');
    await put(folder, { 'nightjar.yml': 'steps: [{ command: shared }]\nmax_parallel_runs: 3\n' });
    await until(() => home.get('a').problems.length === 0, AT_ONCE);
    expect(home.get('a').definition?.steps[0]?.tasks[0]?.command).toBe('shared');
    expect(home.home).toEqual({ maxParallelRuns: 3, maxParallelTasks: null, problems: [] });
    await put(folder, { 'nightjar.yml': 'max_parallel_runs: none\n' });
    await until(() => home.home.problems.length === 1, AT_ONCE);
    expect(home.home.maxParallelRuns).toBe(3);
    await rm(join(folder, 'nightjar.yml'));
    await until(() => home.get('a').problems.length === 1, AT_ONCE);
    expect(home.home).toEqual({ maxParallelRuns: null, maxParallelTasks: null, problems: [] });
  });
});

describe('a file that turns bad', () => {
  test('keeps its last valid version until it is valid or gone', async () => {
    const folder = await temporaryFolder();
    await put(folder, { 'a.yml': `description: good\n${STEP}` });
    const { home, until, changes } = await startHome(folder);
    await put(folder, { 'a.yml': 'overlap: skp\n' });
    await until(() => !home.get('a').isCurrent, AT_ONCE);
    expect(home.get('a').definition?.description).toBe('good');
    expect(home.get('a').problems[0]?.line).toBe(1);
    expect(changes.at(-1)).toEqual({ changed: [], removed: [] });
    await put(folder, { 'a.yml': `description: better\n${STEP}` });
    await until(() => home.get('a').isCurrent, AT_ONCE);
    expect(home.get('a').definition?.description).toBe('better');
  });

  test('is not seen empty or in half while an editor truncates and writes it', async () => {
    const folder = await temporaryFolder();
    await put(folder, { 'a.yml': STEP });
    const { home, until, changes } = await startHome(folder);
    // Where this machine paused in between, as no editor does, nothing is learned: it is written once more.
    for (let round = 1, tookMs = Infinity; tookMs > WITHOUT_PAUSE_MS; round++) {
      changes.length = 0;
      const from = performance.now();
      await writeFile(join(folder, 'a.yml'), '');
      await writeFile(join(folder, 'a.yml'), 'steps: [{');
      await writeFile(join(folder, 'a.yml'), `description: '${round}'\n${STEP}`);
      tookMs = performance.now() - from;
      await until(() => home.get('a').definition?.description === String(round), AT_ONCE);
    }
    expect(changes).toHaveLength(1);
  });

  test('is read in time though somebody writes to it without a pause', async () => {
    const folder = await temporaryFolder();
    const { until, ids } = await startHome(folder);
    const over = new AbortController();
    const writing = (async () => {
      for (; !over.signal.aborted; await delay(10)) await writeFile(join(folder, 'a.yml'), STEP);
    })();
    // Before the folder goes: a write that is still under way would make it anew, or fail where nobody hears of it.
    onTestFinished(async () => {
      over.abort();
      await writing;
    });
    expect(await until(() => ids().join() === 'a', AT_ONCE)).toBeLessThan(AT_ONCE);
  });
});

test('a file that only got another time is no news', async () => {
  const folder = await temporaryFolder();
  await put(folder, { 'a.yml': STEP });
  const { home, changes } = await startHome(folder);
  await utimes(join(folder, 'a.yml'), new Date(), new Date());
  await home.rescan();
  expect(changes.flatMap(({ changed }) => changed)).toHaveLength(1);
});

test('a job that writes its output beside its file makes nobody read the home again', async () => {
  const folder = await temporaryFolder();
  await put(folder, { 'a.yml': STEP });
  const { until, ids, changes } = await startHome(folder);
  await put(folder, { 'output.txt': 'x', 'z.yml': STEP });
  await until(() => ids().includes('z'), AT_ONCE);
  expect(changes).toHaveLength(2);
});

test('a closed home tells nothing more', async () => {
  const folder = await temporaryFolder();
  const { home, changes } = await startHome(folder);
  await put(folder, { 'a.yml': STEP });
  await home.close();
  await put(folder, { 'b.yml': STEP });
  await home.rescan();
  expect(changes).toEqual([]);
});
