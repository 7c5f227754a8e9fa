import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nightjar } from './nightjar.ts';

// Goes off as soon as the command line looks out for it, and before it does anything.
const BUG = `process.on('newListener', (event) => {
  if (event === 'unhandledRejection') process.nextTick(() => Promise.reject(new TypeError('no such thing in a')));
});`;

test('a bug that nobody awaits ends the command with a sentence; its stack is in nightjar.log', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-bug-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const environment = {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(BUG)}`,
    NIGHTJAR_DATA: folder,
  };
  const { code, stdout, stderr } = await nightjar(['serve', '--home', folder], { environment });
  const file = path.join(folder, 'nightjar.log');
  expect([code, stdout, stderr]).toEqual([
    1,
    '',
    `Something went wrong inside Nightjar: no such thing in a. ${file} has where, and NIGHTJAR_DEBUG=1 shows it.\n`,
  ]);
  expect(await readFile(file, 'utf8')).toMatch(/^\S+ TypeError: no such thing in a\n +at /);
});
