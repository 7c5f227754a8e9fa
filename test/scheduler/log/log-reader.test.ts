import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogReader } from '../../../electron/scheduler/log/log-reader.ts';
import { aFolder, aLog, bytes, texts } from './a-log.ts';

/** 900 lines in turn of three attempts, one a second, the third's on stderr. */
async function threeAttempts() {
  const log = await aLog();
  const startAt = log.clock.now();
  for (let i = 0; i < 900; i++) {
    await log.writer.taskLog(1 + (i % 3)).write(i % 3 === 2 ? 'stderr' : 'stdout', bytes(`line ${i}\n`));
    log.clock.advance(1_000);
  }
  await log.writer.flush();
  return { ...log, startAt };
}

test('a slice counts from either end, within the selection', async () => {
  const { reader } = await threeAttempts();
  expect(texts((await reader.slice({}, 0, 2)).lines)).toEqual(['line 0', 'line 1']);
  expect(texts((await reader.slice({}, -2, 2)).lines)).toEqual(['line 898', 'line 899']);
  const selected = await reader.slice({ taskRunIds: [1, 3] }, -3, 2);
  expect([texts(selected.lines), selected.from, selected.total]).toEqual([['line 896', 'line 897'], 597, 600]);
  expect((await reader.slice({ streams: ['stderr'] }, 100, 1)).lines[0]?.number).toBe(302);
});

test('a slice beyond the end is empty and says how long the log is', async () => {
  const { reader } = await threeAttempts();
  expect(await reader.slice({}, 5_000, 10)).toEqual({ lines: [], from: 900, total: 900, unfinished: [] });
});

test('a slice has no more text than asked for: the first lines from the beginning, the last from the end', async () => {
  const { reader } = await threeAttempts();
  const first = await reader.slice({}, 10, 100, 30);
  expect([texts(first.lines), first.from]).toEqual([['line 10', 'line 11', 'line 12'], 10]);
  const last = await reader.slice({}, -100, 100, 30);
  expect([texts(last.lines), last.from]).toEqual([['line 897', 'line 898', 'line 899'], 897]);
  expect(texts((await reader.slice({}, 10, 100, 1)).lines)).toEqual(['line 10']);
});

test('a moment is found within the selection', async () => {
  const { reader, startAt } = await threeAttempts();
  expect(await reader.placeAt({}, startAt + 450_000)).toEqual({ place: 450, total: 900 });
  expect(await reader.placeAt({}, startAt + 450_001)).toEqual({ place: 451, total: 900 });
  expect(await reader.placeAt({ taskRunIds: [2] }, startAt + 450_500)).toEqual({ place: 150, total: 300 });
  expect(await reader.placeAt({}, startAt - 1)).toEqual({ place: 0, total: 900 });
  expect(await reader.placeAt({}, startAt + 10_000_000)).toEqual({ place: 900, total: 900 });
});

test('a line is read by its number', async () => {
  const { reader } = await threeAttempts();
  expect((await reader.line(451))?.text).toBe('line 451');
  expect(await reader.line(900)).toBeUndefined();
  expect(await reader.line(-1)).toBeUndefined();
});

test('another reader sees a log grow that it does not write', async () => {
  const { folder, writer, task } = await aLog();
  const reader = new LogReader(folder);
  expect(await reader.total({})).toBe(0);
  await task.write('stdout', bytes('one\n'));
  await writer.flush();
  expect(await reader.total({ streams: ['stdout'] })).toBe(1);
});

test('a log that is not there, or no more, is an empty one', async () => {
  const folder = join(await aFolder(), 'gone');
  const empty = { lines: [], from: 0, total: 0, unfinished: [] };
  expect(await new LogReader(folder).slice({}, -10, 10)).toEqual(empty);
  expect(await new LogReader(folder).slice({ taskRunIds: [1] }, -10, 10)).toEqual(empty);
  const { folder: deleted, writer } = await aLog();
  await writer.close();
  await rm(deleted, { recursive: true });
  expect(await new LogReader(deleted).placeAt({}, 0)).toEqual({ place: 0, total: 0 });
});
