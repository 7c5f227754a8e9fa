import { chmod, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { STEP, put, startHome, temporaryFolder } from './home-folder.ts';

const failsWith = (code: string) => expect.objectContaining({ name: 'Failure', code });

test('a file is read, edited and saved: the job is what the text says when the save resolves', async () => {
  const folder = await temporaryFolder();
  await put(folder, { 'a.yml': STEP });
  await chmod(join(folder, 'a.yml'), 0o666);
  const { home } = await startHome(folder);
  const { text, version } = await home.readFile('a.yml');
  const saved = await home.saveFile('a.yml', `paused: true\n${text}`, version);
  expect(home.get('a').definition?.paused).toBe(true);
  expect(await home.readFile('a.yml')).toEqual(saved);
  expect(saved.version).not.toBe(version);
  expect((await stat(join(folder, 'a.yml'))).mode & 0o777).toBe(0o666);
  expect(await readdir(folder)).toEqual(['a.yml']);
});

test('a new file is saved with its folders, and never over one that is there', async () => {
  const folder = await temporaryFolder();
  const { home } = await startHome(folder);
  await home.saveFile('reports/new.yml', STEP, null);
  expect(home.get('reports/new').isCurrent).toBe(true);
  await expect(home.saveFile('reports/new.yml', 'paused: true\n', null)).rejects.toThrow(failsWith('exists'));
  expect(await readFile(join(folder, 'reports/new.yml'), 'utf8')).toBe(STEP);
  expect(await readdir(join(folder, 'reports'))).toEqual(['new.yml']);
});

test('a text with mistakes is saved too: it is listed with its Problems', async () => {
  const { home } = await startHome(await temporaryFolder());
  await home.saveFile('a.yml', 'overlap: skp\n', null);
  expect(home.get('a').problems.map((problem) => problem.line)).toEqual([1, 1]);
});

test('a file that somebody else changed or took away is not overwritten', async () => {
  const folder = await temporaryFolder();
  await put(folder, { 'a.yml': STEP });
  const { home } = await startHome(folder);
  const { version } = await home.readFile('a.yml');
  await writeFile(join(folder, 'a.yml'), 'paused: true\n');
  await expect(home.saveFile('a.yml', STEP, version)).rejects.toThrow(failsWith('changed-on-disk'));
  expect(await readFile(join(folder, 'a.yml'), 'utf8')).toBe('paused: true\n');
  await expect(home.saveFile('gone.yml', STEP, version)).rejects.toThrow(failsWith('changed-on-disk'));
});

test.each([
  '../a.yml',
  '/etc/a.yml',
  'a/../../b.yml',
  'a.txt',
  '',
  'x//a.yml',
  './a.yml',
  '.git/a.yml',
  'a\\b.yml',
  'a\0.yml',
])('the path %j is refused', async (path) => {
  const { home } = await startHome(await temporaryFolder());
  await expect(home.readFile(path)).rejects.toThrow(failsWith('not-in-home'));
  await expect(home.saveFile(path, STEP, null)).rejects.toThrow(failsWith('not-in-home'));
  await expect(home.moveToFolder(path, '/nowhere')).rejects.toThrow(failsWith('not-in-home'));
});

test('no link leads out of the home, neither of a folder, nor of a file, nor one that leads nowhere yet', async () => {
  const folder = await temporaryFolder();
  const outside = await temporaryFolder();
  await put(outside, { 'a.yml': STEP });
  await symlink(outside, join(folder, 'out'));
  await symlink(join(outside, 'a.yml'), join(folder, 'a.yml'));
  await symlink(join(outside, 'new.yml'), join(folder, 'new.yml'));
  const { home } = await startHome(folder);
  for (const path of ['out/a.yml', 'out/b.yml', 'a.yml', 'new.yml']) {
    await expect(home.readFile(path)).rejects.toThrow(failsWith('not-in-home'));
    await expect(home.saveFile(path, 'x', null)).rejects.toThrow(failsWith('not-in-home'));
  }
  expect(await readdir(outside)).toEqual(['a.yml']);
});

test('a file that is not there is a Failure with its path', async () => {
  const { home } = await startHome(await temporaryFolder());
  await expect(home.readFile('a.yml')).rejects.toThrow(failsWith('not-found'));
  await expect(home.moveToFolder('a.yml', '/nowhere')).rejects.toThrow(failsWith('not-found'));
});

test('a file is moved to the trash under a name that is free there, and its job is gone', async () => {
  const folder = await temporaryFolder();
  const trash = join(await temporaryFolder(), 'new', 'trash');
  const { home, ids } = await startHome(folder);
  for (const text of ['first', 'second']) {
    await home.saveFile('sub/a.yml', `description: ${text}\n${STEP}`, null);
    await home.moveToFolder('sub/a.yml', trash);
    expect(ids()).toEqual([]);
  }
  expect((await readdir(trash)).sort()).toEqual(['a 2.yml', 'a.yml']);
  expect(await readFile(join(trash, 'a.yml'), 'utf8')).toContain('first');
});

test('a text is judged as it would be if it were saved', async () => {
  const folder = await temporaryFolder();
  await put(folder, { 'nightjar.yml': 'steps: [{ command: shared }]\n', 'a.yml': STEP });
  await mkdir(join(folder, 'sub'));
  const { home } = await startHome(folder);
  expect(home.checkText('sub/new.yml', 'description: x\n').definition?.steps[0]?.tasks[0]?.command).toBe('shared');
  expect(home.checkText('a.yml', 'overlap: skp\n').problems).toHaveLength(1);
  expect(home.checkText('nightjar.yml', 'stepps: []\n').problems[0]?.message).toContain('did you mean `steps`?');
  expect(home.get('a').isCurrent).toBe(true);
});
