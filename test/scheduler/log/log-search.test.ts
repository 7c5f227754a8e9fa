import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { LogSearch } from '../../../electron/scheduler/log/log-search.ts';
import { scanLog, type LogQuery } from '../../../electron/scheduler/log/scan-log.ts';
import { aFolder, aLog, bytes } from './a-log.ts';

const search = new LogSearch();
afterAll(() => search.close());

async function searched(
  ...chunks: readonly (readonly [taskRunId: number, stream: 'stdout' | 'stderr', text: string])[]
) {
  const { folder, writer } = await aLog();
  for (const [id, stream, text] of chunks) await writer.taskLog(id).write(stream, bytes(text));
  await writer.close();
  return { folder, of: async (text: string) => (await search.search(folder, { text })).numbers };
}

const query = (text: string, more: Partial<LogQuery> = {}): LogQuery => ({
  wanted: { kind: 'text', text, isCaseSensitive: false },
  selection: {},
  fromNumber: 0,
  limit: 1_000,
  budgetMs: 10_000,
  ...more,
});

test('a text is found in any case, once a line, unless case matters', async () => {
  const { folder, of } = await searched([1, 'stdout', 'Needle needle\nhay\nNEEDLE\n']);
  expect(await of('needle')).toEqual([0, 2]);
  expect((await search.search(folder, { text: 'needle', isCaseSensitive: true })).numbers).toEqual([0]);
});

test('a text of one character, and letters beyond ASCII, are found in any case', async () => {
  const { of } = await searched([1, 'stdout', 'Q\nÄrger\nq und ärger\nx\n']);
  expect(await of('q')).toEqual([0, 2]);
  expect(await of('ÄRGER')).toEqual([1, 2]);
  expect(await of('Ä')).toEqual([1, 2]);
});

test('colours within a match do not hide it, and are not matched themselves', async () => {
  const { of } = await searched([1, 'stdout', 'plain\n\x1b[31mer\x1b[1mror\x1b[0m here\nmore 31m\n']);
  expect(await of('error here')).toEqual([1]);
  expect(await of('31m')).toEqual([2]);
  expect(await of('\x1b[31merror')).toEqual([1]);
});

test('a match does not reach over lines', async () => {
  const { of } = await searched([1, 'stdout', 'foo\nbar\n']);
  expect(await of('foobar')).toEqual([]);
  expect(await of('foo\nbar')).toEqual([]);
});

test('only lines of the selection are found', async () => {
  const { folder } = await searched([1, 'stdout', 'x1\n'], [2, 'stderr', 'x2\n'], [2, 'stdout', 'x3\n']);
  const numbers = async (selection: LogQuery['selection']) =>
    (await search.search(folder, { text: 'x', selection })).numbers;
  expect(await numbers({ taskRunIds: [2] })).toEqual([1, 2]);
  expect(await numbers({ taskRunIds: [2], streams: ['stderr', 'nightjar'] })).toEqual([1]);
});

test('a search goes on where the one before it ended, by limit or by time, and finds all', async () => {
  // Several chunks of text, matches in two neighbours of every ten lines, and none in the last chunks.
  const text = Array.from(
    { length: 30_000 },
    (_, i) => `${'.'.repeat(60)} ${i < 10_000 && i % 10 < 2 ? 'needle' : ''} ${i}\n`,
  );
  const { folder } = await searched([1, 'stdout', text.join('')]);
  const expected = Array.from({ length: 10_000 }, (_, i) => i).filter((i) => i % 10 < 2);
  for (const bound of [{ limit: 7 }, { limit: 1_000 }, { budgetMs: 0 }]) {
    const numbers: number[] = [];
    let rounds = 0;
    for (let from: number | null = 0; from !== null && rounds < 1_000; rounds++) {
      const found = scanLog(folder, query('needle', { ...bound, fromNumber: from }));
      numbers.push(...found.numbers);
      from = found.nextNumber;
    }
    expect(numbers).toEqual(expected);
    expect(rounds).toBeGreaterThan(1);
    expect(rounds).toBeLessThan(1_000);
  }
});

test('a match in a line that is longer than what is read at once is found', async () => {
  const { of } = await searched([1, 'stdout', `${'x'.repeat(1_000_000)}needle\nafter\n`]);
  expect(await of('needle')).toEqual([0]);
  expect(await of('after')).toEqual([1]);
});

test('the first error is one that the output tells, not Nightjar, and not that there was none', async () => {
  const { folder, writer } = await aLog();
  writer.note(1, 'error of Nightjar');
  const lines = [
    '12 passed, 0 failed',
    'ok: changed=3 failed=0',
    'there was no error, terror or on_error',
    'finished without errors',
    'ValueError: x',
  ];
  await writer.taskLog(1).write('stdout', bytes(`${lines.join('\n')}\n`));
  await writer.taskLog(2).write('stderr', bytes('\x1b[31mFATAL\x1b[0m: too late\n'));
  await writer.close();
  expect(await search.firstError(folder, {})).toBe(5);
  expect(await search.firstError(folder, { taskRunIds: [2] })).toBe(6);
  expect(await search.firstError(folder, { taskRunIds: [3] })).toBeNull();
});

test.for([
  'Error: x',
  'error[E0308]: mismatched types',
  'java.lang.NullPointerException',
  'Traceback (most recent call last):',
  "thread 'main' panicked; panic",
  'make: *** failed',
  '10 failed, 0 errors',
  'no error, then fatal: y',
])('%s looks like an error', async (line) => {
  const { folder } = await searched([1, 'stdout', `fine\n${line}\n`]);
  expect(await search.firstError(folder, {})).toBe(1);
});

test('a log that is not there has no matches', async () => {
  const folder = join(await aFolder(), 'gone');
  expect(scanLog(folder, query('x'))).toEqual({ numbers: [], nextNumber: null });
});

test('a search that is closed while it works rejects, and nobody waits for ever', async () => {
  const { folder } = await searched([1, 'stdout', 'x\n']);
  const closing = new LogSearch();
  const waiting = closing.search(folder, { text: 'x' });
  await Promise.all([expect(waiting).rejects.toThrow(/ended early/), closing.close()]);
  await expect(closing.search(folder, { text: 'x' })).rejects.toThrow(/closed/);
});
