import { afterAll, expect, test } from 'vitest';
import { failureLine, failureText } from '../../../electron/scheduler/log/failure-text.ts';
import { LogReader } from '../../../electron/scheduler/log/log-reader.ts';
import { LogSearch } from '../../../electron/scheduler/log/log-search.ts';
import { aLog, bytes } from './a-log.ts';

const search = new LogSearch();
afterAll(() => search.close());

type Chunk = readonly [taskRunId: number, stream: 'stdout' | 'stderr', text: string];

async function logOf(...chunks: readonly Chunk[]) {
  const { folder, writer } = await aLog();
  for (const [id, stream, text] of chunks) await writer.taskLog(id).write(stream, bytes(text));
  writer.note(1, 'it ended with exit code 1');
  await writer.close();
  return { reader: new LogReader(folder), search, folder };
}
const saidBy = async (...chunks: readonly Chunk[]) => failureText(await logOf(...chunks), [1]);

test('the last words on standard error say what went wrong', async () => {
  const traceback = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no rows\n\n}\n';
  expect(await saidBy([1, 'stdout', 'error: not this\n'], [1, 'stderr', traceback])).toBe('ValueError: no rows');
});

test('without standard error it is the first line that looks like an error, else the last line', async () => {
  expect(await saidBy([1, 'stdout', 'fine\nERROR in model orders\nsummary\n'])).toBe('ERROR in model orders');
  expect(await saidBy([1, 'stdout', 'one\nthe last words\n\n'])).toBe('the last words');
  expect(await saidBy([2, 'stderr', 'error of another task\n'])).toBeNull();
});

test('colours and control characters are no part of it, and it is one short line', async () => {
  expect(await saidBy([1, 'stderr', '\x1b[31mbad\x1b[0m\tthing\r\x07\n'])).toBe('bad thing');
  expect(await saidBy([1, 'stderr', `${'long '.repeat(200)}\n`])).toHaveLength(300);
});

test('a failure is read at its first line that looks like an error, else at its last words, on standard error if there are any', async () => {
  const lineOf = async (...chunks: readonly Chunk[]) => failureLine(await logOf(...chunks), { taskRunIds: [1] });
  expect(await lineOf([2, 'stderr', 'error of another\n'], [1, 'stdout', 'fine\nerror: x\nafter\n'])).toBe(2);
  expect(await lineOf([1, 'stdout', 'one\nbye\n'], [1, 'stderr', 'cannot go on\n}\n'], [2, 'stdout', 'z\n'])).toBe(2);
  expect(await lineOf([2, 'stderr', 'error of another\n'], [1, 'stdout', 'one\nthe last words\n\n'])).toBe(2);
  // A task that said nothing: what Nightjar says of it.
  expect(await lineOf([2, 'stdout', 'words\n'])).toBe(1);
  expect(await failureLine(await logOf([1, 'stdout', 'x y\n']), { taskRunIds: [3] })).toBeNull();
});
