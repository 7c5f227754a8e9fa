import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FileLock } from '../../../electron/scheduler/file-lock.ts';
import { mirrorFolder } from '../../../electron/scheduler/workspace/mirror.ts';
import { sweepMirrors } from '../../../electron/scheduler/workspace/sweep-mirrors.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-22T10:00:00Z');

test('a mirror goes when no job names it and no run has used it for a week, but not from under one that fetches', async () => {
  const data = mkdtempSync(join(tmpdir(), 'nightjar-mirrors-'));
  onTestFinished(() => rmSync(data, { recursive: true }));
  const mirror = (url: string, usedAt: number): string => {
    const folder = mirrorFolder(data, url);
    mkdirSync(join(folder, 'objects'), { recursive: true });
    writeFileSync(join(folder, 'HEAD'), 'ref: refs/heads/main');
    utimesSync(folder, usedAt / 1_000, usedAt / 1_000);
    return folder;
  };
  const ofJob = mirror('https://example.com/of-a-job.git', NOW - 400 * DAY);
  const recent = mirror('https://example.com/recent.git', NOW - 7 * DAY + 1_000);
  const old = mirror('https://example.com/old.git', NOW - 7 * DAY);
  const held = mirror('https://example.com/held.git', NOW - 8 * DAY);
  const lock = FileLock.tryTake(`${held}.lock`);
  const half = `${mirrorFolder(data, 'https://example.com/half.git')}.gone`;
  mkdirSync(half);
  const stranger = join(data, 'repos', 'notes');
  mkdirSync(stranger);

  const sweep = () => sweepMirrors(data, ['https://example.com/of-a-job.git', '/a/folder'], NOW);
  await sweep();
  expect([ofJob, recent, held, stranger].map((folder) => existsSync(folder))).toEqual([true, true, true, true]);
  expect([old, half].map((folder) => existsSync(folder))).toEqual([false, false]);
  lock?.release();
  await sweep();
  expect(existsSync(held)).toBe(false);
  expect(readdirSync(join(data, 'repos')).some((name) => name.endsWith('.gone'))).toBe(false);
});

test('a data folder without mirrors has nothing to sweep', async () => {
  await expect(sweepMirrors(join(tmpdir(), 'nightjar-no-such-folder'), [], NOW)).resolves.toBeUndefined();
});
