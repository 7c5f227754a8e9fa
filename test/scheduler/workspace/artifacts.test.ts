import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Artifacts } from '../../../electron/scheduler/workspace/artifacts.ts';

let data: string;
let artifacts: Artifacts;
const spares = (): string[] => readdirSync(join(data, 'artifacts')).filter((name) => name.startsWith('spare-'));
const inode = (folder: string): number => lstatSync(folder).ino;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'nightjar-artifacts-'));
  artifacts = new Artifacts(data);
});

afterEach(() => rmSync(data, { recursive: true, force: true }));

test('a folder that nothing was left in becomes the next run’s, whatever its task made of its mode', async () => {
  const first = await artifacts.make(1);
  const made = inode(first);
  chmodSync(first, 0o500);
  expect(artifacts.dropEmpty(1, true)).toBe(true);
  expect(existsSync(first)).toBe(false);
  const second = await artifacts.make(2);
  expect([inode(second), lstatSync(second).mode & 0o777]).toEqual([made, 0o777]);
  expect(spares()).toEqual([]);
});

test('a folder that a container had, or that something was left in, is nobody else’s', async () => {
  await artifacts.make(1);
  expect(artifacts.dropEmpty(1, false)).toBe(true);
  writeFileSync(join(await artifacts.make(2), 'report'), 'all is well');
  expect(artifacts.dropEmpty(2, true)).toBe(false);
  expect([existsSync(artifacts.folderOf(1)), existsSync(artifacts.folderOf(2)), spares()]).toEqual([false, true, []]);
});

test('what a task puts in the place of its folder stays its own', async () => {
  const elsewhere = join(data, 'elsewhere');
  mkdirSync(elsewhere, { mode: 0o700 });
  const folder = await artifacts.make(1);
  rmdirSync(folder);
  symlinkSync(elsewhere, folder);
  expect(() => artifacts.dropEmpty(1, true)).toThrow(/ENOTDIR/);
  const second = await artifacts.make(2);
  expect(lstatSync(second).isDirectory()).toBe(true);
  expect(lstatSync(elsewhere).mode & 0o777).toBe(0o700);
});

test('what is written to a folder that waits for the next run is not that run’s', async () => {
  await artifacts.make(1);
  artifacts.dropEmpty(1, true);
  writeFileSync(join(data, 'artifacts', spares()[0]!, 'late'), 'from a daemon');
  expect(readdirSync(await artifacts.make(2))).toEqual([]);
});

test('spare folders that a crash left are swept, and those in use are not', async () => {
  await artifacts.make(1);
  artifacts.dropEmpty(1, true);
  mkdirSync(join(data, 'artifacts', 'spare-77'));
  await artifacts.sweep();
  expect(spares()).toEqual(['spare-1']);
});
