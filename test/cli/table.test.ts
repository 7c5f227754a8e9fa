import { expect, test } from 'vitest';
import { cutMiddle, formatTable, widthOf } from '../../electron/cli/table.ts';

const plain = (text: string) => text;

test('columns are as wide as their widest cell and numbers end together', () => {
  const lines = formatTable(
    [{ title: 'ID', isRight: true }, { title: 'RUN' }, { title: 'WHY' }],
    [
      ['7', 'hello#1', 'capacity'],
      ['112', 'a#2', ''],
    ],
    null,
    plain,
  );
  expect(lines).toEqual([' ID  RUN      WHY', '  7  hello#1  capacity', '112  a#2']);
});

test('in a narrow terminal long names are cut in their middle, and nothing else is', () => {
  const columns = [{ title: 'JOB', isCut: true }, { title: 'NEXT' }];
  const lines = formatTable(columns, [['maintenance/old-temporary-files', '2026-11-23 12:30']], 40, plain);
  expect(lines).toEqual(['JOB                     NEXT', 'maintenance…rary-files  2026-11-23 12:30']);
  expect(lines.every((line) => widthOf(line) <= 40)).toBe(true);
});

test('a file gets everything', () => {
  const long = 'x'.repeat(500);
  expect(formatTable([{ title: 'JOB', isCut: true }], [[long]], null, plain)[1]).toBe(long);
});

test('styles are put around the text, not around the space', () => {
  const lines = formatTable(
    [{ title: 'A' }, { title: 'B' }],
    [[{ text: 'x', style: 'red' }, 'y']],
    null,
    (text, style) => `<${style}>${text}</>`,
  );
  expect(lines[1]).toBe('<red>x</>  y');
});

test('a name cannot bring escape sequences or line breaks into the table', () => {
  expect(formatTable([{ title: 'JOB' }], [['a\u001b]52;c;x\u0007\u001b[31mb\nc']], null, plain)[1]).toBe('abc');
});

test('what takes two cells is counted as two', () => {
  expect(widthOf('字')).toBe(2);
  expect(widthOf('🚀')).toBe(2);
  expect(widthOf('é…')).toBe(2);
  expect(cutMiddle('字字字字', 5)).toBe('字…字');
  expect(cutMiddle('abcdef', 5)).toBe('ab…ef');
  expect(cutMiddle('abc', 3)).toBe('abc');
});
