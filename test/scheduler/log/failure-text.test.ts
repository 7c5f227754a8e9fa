import { afterAll, expect, test } from 'vitest';
import { failureText } from '../../../electron/scheduler/log/failure-text.ts';
import { LogReader } from '../../../electron/scheduler/log/log-reader.ts';
import { LogSearch } from '../../../electron/scheduler/log/log-search.ts';
import { aLog, bytes } from './a-log.ts';

const search = new LogSearch();
afterAll(() => search.close());

async function saidBy(...chunks: readonly (readonly [taskRunId: number, stream: 'stdout' | 'stderr', text: string])[]) {
  const { folder, writer } = await aLog();
  for (const [id, stream, text] of chunks) await writer.taskLog(id).write(stream, bytes(text));
  await writer.close();
  return failureText({ reader: new LogReader(folder), search, folder }, [1]);
}

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
