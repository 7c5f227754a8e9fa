import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { NOT_YET_EXECUTED } from '../../electron/scheduler/job-file/not-yet-executed.ts';
import { PAGE, withReference } from '../../scripts/write-reference.ts';

const page = await readFile(PAGE, 'utf8');

test('the reference of the job file is as the schema is: `node scripts/write-reference.ts` writes it', () => {
  expect(withReference(page)).toBe(page);
});

test('whatever stood between the marks is replaced, and nothing around them', () => {
  const [begin, end] = page.match(/<!-- .* -->/g) ?? [];
  const written = withReference(`Before.\n\n${begin}\nold\n${end}\n\nAfter.\n`);
  expect(written).not.toContain('old\n');
  expect(written.startsWith('Before.\n\n')).toBe(true);
  expect(written.endsWith(`${end}\n\nAfter.\n`)).toBe(true);
});

test('a page without the marks is refused', () => {
  expect(() => withReference('# Job files\n')).toThrow('docs/job-file.md has no');
});

test('every key that is not yet executed says so, and no other', () => {
  const rows = page.split('\n').filter((line) => /not yet executed/i.test(line) && line.startsWith('| `'));
  const keys = rows.map((line) => /^\| `([a-z_]+)`/.exec(line)?.[1]);
  expect(keys.toSorted()).toEqual(NOT_YET_EXECUTED.map((name) => name.replace(/^task\.|=git$/g, '')).toSorted());
});
