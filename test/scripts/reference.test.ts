import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
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
