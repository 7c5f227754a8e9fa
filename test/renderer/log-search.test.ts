import { expect, test } from 'vitest';
import { parseAnsi } from '../../renderer/state/log-ansi.ts';
import { pieces } from '../../renderer/state/log-pieces.ts';
import { countWords, LogSearch, occurrences } from '../../renderer/state/log-search.ts';
import { columnsOf, selectedText, wordAt } from '../../renderer/state/log-selection.ts';

/** Every `every`-th line of `total` matches; a step scans `slice` lines. */
function searched(total: number, every: number, slice = 1_000) {
  const gone: number[] = [];
  const source = { total };
  const search: LogSearch = new LogSearch(
    async (_query, from, limit) => {
      await Promise.resolve();
      const end = Math.min(source.total, from + slice);
      const numbers: number[] = [];
      for (let number = Math.ceil(from / every) * every; number < end && numbers.length < limit; number += every)
        numbers.push(number);
      const next = numbers.length === limit ? numbers.at(-1)! + 1 : end;
      return { numbers, nextNumber: next >= source.total ? null : next };
    },
    () => {},
    (number) => gone.push(number),
  );
  return { search, gone, source };
}

test('a search goes to the nearest match below at once, and says which of how many it is', async () => {
  const { search, gone } = searched(10_000, 600);
  await search.find('retry', false, 1_000);
  expect(gone).toEqual([1_200]);
  expect(countWords(search.found)).toBe('3 of 17');
});

test('next and previous go round', async () => {
  const { search, gone } = searched(2_000, 600);
  await search.find('retry', false, 1_000);
  await search.next();
  await search.next();
  search.previous();
  search.previous();
  expect(gone).toEqual([1_200, 1_800, 0, 1_800, 1_200]);
});

test('with no match below the first of all is gone to, and with none at all "none" is said', async () => {
  const { search, gone } = searched(2_000, 1_500);
  await search.find('x', false, 1_700);
  expect(gone).toEqual([0]);
  const empty = searched(0, 10);
  await empty.search.find('x', false, 0);
  expect(countWords(empty.search.found)).toBe('none');
  expect(empty.gone).toEqual([]);
});

test('lines that arrive later are counted on', async () => {
  const { search, source } = searched(1_000, 100);
  await search.find('x', false, 0);
  expect(countWords(search.found)).toBe('1 of 10');
  source.total = 2_000;
  await search.more();
  expect(countWords(search.found)).toBe('1 of 20');
});

test('a new query makes the answers to the old one void', async () => {
  const { search, gone } = searched(100_000, 7);
  const old = search.find('old', false, 0);
  const later = search.find('new', false, 50_000);
  await Promise.all([old, later]);
  expect(gone).toEqual([50_001]);
  expect(search.found.text).toBe('new');
  search.close();
  expect(countWords(search.found)).toBe('');
});

test('counting ends at ten thousand, and next still finds what is beyond', async () => {
  const { search, gone } = searched(200_000, 2);
  await search.find('x', false, 150_000);
  expect(countWords(search.found)).toBe('10,000+');
  await search.next();
  expect(gone).toEqual([150_000, 150_002]);
});

test('what is looked for is text, not a pattern', () => {
  expect(occurrences('a.c abc A.C', 'a.c', false)).toEqual([
    { from: 0, to: 3 },
    { from: 8, to: 11 },
  ]);
  expect(occurrences('a.c A.C', 'a.c', true)).toHaveLength(1);
  expect(occurrences('İx [x]', '[X]', false)).toEqual([{ from: 3, to: 6 }]);
});

test('a match that lies across two colours is marked in both', () => {
  const made = pieces(parseAnsi('re\x1b[31mtry\x1b[0m now'), [{ from: 0, to: 5 }], 'now', { from: 4, to: Infinity }, 7);
  expect(made.map(({ text, mark, isSelected }) => [text, mark, isSelected])).toEqual([
    ['re', 'now', false],
    ['tr', 'now', false],
    ['y', 'now', true],
    [' n', null, true],
  ]);
});

test('a selection over several lines takes the end of the first, all between, and the beginning of the last', () => {
  const selection = { anchor: { row: 7, column: 3 }, focus: { row: 5, column: 6 } };
  expect(columnsOf(selection, 6)).toEqual({ from: 0, to: Infinity });
  expect(columnsOf(selection, 8)).toBeNull();
  expect(selectedText(selection, ['line five', 'six', 'seven'])).toBe('ive\nsix\nsev');
});

test('a double click takes a path or a name as one word', () => {
  const text = 'at /workspace/extract.py, line 88';
  const { from, to } = wordAt(text, 8);
  expect(text.slice(from, to)).toBe('/workspace/extract.py');
});
