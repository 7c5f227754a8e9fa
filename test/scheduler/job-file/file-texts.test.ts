import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findFile, type FoundFile } from '../../../electron/scheduler/job-file/scan-home.ts';
import { readTexts } from '../../../electron/scheduler/job-file/file-texts.ts';
import { temporaryFolder } from './home-folder.ts';

const BAD = Buffer.from([0x61, 0xff, 0x62]);

/** As many files as asked, of which one is no text, one is gone when it is read, and one may not be read. */
async function filesOf(folder: string, count: number): Promise<FoundFile[]> {
  const names = Array.from({ length: count }, (_, i) => `job-${i}.yml`);
  await Promise.all(names.map((name, i) => writeFile(join(folder, name), i === 3 ? BAD : `# ${i} ✓\n`)));
  const files = await Promise.all(names.map(async (name) => (await findFile(folder, name)) as FoundFile));
  await rm(join(folder, 'job-4.yml'));
  return files.map((file, i) => (i === 5 ? { ...file, refusal: 'it is a test' } : file));
}

async function read(folder: string, files: readonly FoundFile[]): Promise<Record<string, unknown>> {
  const all: [string, unknown][] = [];
  for await (const batch of readTexts(folder, files)) for (const [{ path }, says] of batch) all.push([path, says]);
  expect(all.map(([path]) => path)).toEqual(files.map(({ path }) => path));
  return Object.fromEntries(all);
}

test('a thread that reads many files tells of each what is told of few', async () => {
  const folder = await temporaryFolder();
  const files = await filesOf(folder, 1_000);
  const [many, few] = [await read(folder, files), await read(folder, files.slice(0, 100))];
  expect(Object.fromEntries(Object.entries(many).slice(0, 100))).toEqual(few);
  expect(few['job-2.yml']).toBe('# 2 ✓\n');
  expect(few['job-3.yml']).toMatchObject({ message: expect.stringContaining('not UTF-8') as string });
  expect(few['job-4.yml']).toBeNull();
  expect(few['job-5.yml']).toMatchObject({ message: 'it is a test' });
  expect(many['job-999.yml']).toBe('# 999 ✓\n');
});

test('who wants no more files of many gets none, and nothing is left behind', async () => {
  const folder = await temporaryFolder();
  const files = await filesOf(folder, 1_000);
  let batches = 0;
  for await (const _ of readTexts(folder, files)) {
    batches += 1;
    break;
  }
  expect(batches).toBe(1);
  // A thread that has ended is taken down in the turns after that.
  await expect
    .poll(() => process.getActiveResourcesInfo().filter((name) => name === 'Worker' || name === 'MessagePort'))
    .toEqual([]);
});
