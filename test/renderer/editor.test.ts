import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { helpAt, keysAt, valuesAt, type Schema } from '../../renderer/components/editor/schema.ts';
import { pathOfKey, placeAt } from '../../renderer/components/editor/yaml-path.ts';
import { Drafts } from '../../renderer/state/editor-drafts.ts';
import { codeParts, fixOf, mended, offsetOf, spanOf } from '../../renderer/state/editor-fix.ts';

const schema = JSON.parse(readFileSync(new URL('../../resources/job.schema.json', import.meta.url), 'utf8')) as Schema;

/** The place of `|` in a text. */
function at(text: string): ReturnType<typeof placeAt> {
  const lines = text.split('\n');
  const line = lines.findIndex((candidate) => candidate.includes('|'));
  const column = lines[line]!.indexOf('|');
  return placeAt(
    lines.map((each) => each.replace('|', '')),
    line,
    column,
  );
}

test('at the margin stand the keys of a job', () => {
  expect(at('scheduler: x\nti|')).toMatchObject({ path: [], key: null, wordFrom: 0, siblings: ['scheduler'] });
  expect(keysAt(schema, []).map(({ key }) => key)).toContain('concurrency_group');
});

test('below a key stand the keys of its map, also before the first is written', () => {
  expect(at('keep:\n  ru|').path).toEqual(['keep']);
  expect(at('keep:\n  |').path).toEqual(['keep']);
  expect(at('keep:\n  runs: 5\n\n  |\noverlap: skip')).toMatchObject({ path: ['keep'], siblings: ['runs'] });
  expect(at('params:\n  day:\n    |').path).toEqual(['params', 'day']);
  expect(keysAt(schema, ['params', 'day']).map(({ key }) => key)).toContain('choices');
  expect(keysAt(schema, ['keep']).map(({ key }) => key)).toEqual(['runs', 'days', 'bytes']);
});

test('items of a list are found with and without the dash, however the list is indented', () => {
  const steps = 'steps:\n  - name: a\n    tasks:\n      - name: b\n        im|';
  expect(at(steps)).toMatchObject({ path: ['steps', '[]', 'tasks', '[]'], siblings: ['name'] });
  expect(at('steps:\n  - na|').path).toEqual(['steps', '[]']);
  expect(at('steps:\n- name: a\n  com|').path).toEqual(['steps', '[]']);
  expect(at('steps:\n- na|').path).toEqual(['steps', '[]']);
  expect(keysAt(schema, ['steps', '[]']).map(({ key }) => key)).toEqual(
    expect.arrayContaining(['tasks', 'image', 'command']),
  );
});

test('siblings are those of the same item, not of its neighbours', () => {
  const text = 'steps:\n  - name: a\n    image: x\n  - name: b\n    |\n    command: y\n  - timeout: 1s';
  expect(at(text).siblings.sort()).toEqual(['command', 'name']);
});

test('after the colon stands a value, and the schema knows its words', () => {
  expect(at('overlap: qu|')).toMatchObject({ path: [], key: 'overlap', wordFrom: 9 });
  expect(valuesAt(schema, ['overlap'])).toEqual(['skip', 'queue-one', 'queue-all', 'cancel-running', 'allow']);
  expect(valuesAt(schema, ['keep_awake'])).toEqual(expect.arrayContaining(['true', 'false']));
});

test('in braces on one line the place is inside them', () => {
  expect(at('    retry: { limit: 2, in|')).toMatchObject({ key: null, path: ['retry'], siblings: ['limit'] });
  expect(at('when: { power: |')).toMatchObject({ path: ['when'], key: 'power' });
  expect(at('after: [ { job: backup, on: su|')).toMatchObject({ path: ['after', '[]'], key: 'on' });
  expect(at('steps:\n  - name: a\n    tasks:\n      - { name: x, im|').path).toEqual(['steps', '[]', 'tasks', '[]']);
});

test('what the pointer rests on is named by its path, and a value has none', () => {
  const lines = ['steps:', '  - name: a', '    retry: { limit: 2 }'];
  expect(pathOfKey(lines, 2, 6)).toEqual(['steps', '[]', 'retry']);
  expect(pathOfKey(lines, 2, 14)).toEqual(['steps', '[]', 'retry', 'limit']);
  expect(pathOfKey(lines, 1, 10)).toBeNull();
  expect(helpAt(schema, ['overlap'])?.description).toMatch(/while another of the job is queued or running/);
});

test('every key of the schema has a description for its hover', () => {
  for (const path of [[], ['keep'], ['when'], ['steps', '[]'], ['retry'], ['after', '[]']])
    for (const { key, description } of keysAt(schema, path))
      expect(`${key}: ${description.length > 0}`).toBe(`${key}: true`);
});

test('the fix is the word that the Problem itself suggests', () => {
  const text = 'steps:\n  - name: a\n    retrys: { limit: 2 }\n';
  const problem = {
    line: 3,
    column: 5,
    message: 'unknown key `retrys`; did you mean `retry`?',
    severity: 'error' as const,
    file: '',
  };
  expect(fixOf(problem, text)).toMatchObject({ label: 'Change to retry', insert: 'retry' });
  expect(mended(text, [problem])).toBe('steps:\n  - name: a\n    retry: { limit: 2 }\n');
  expect(fixOf({ ...problem, message: 'unknown key `retrys`' }, text)).toBeNull();
  expect(fixOf({ ...problem, line: 4 }, text)).toBeNull();
  // Mended already, and not checked again yet.
  expect(fixOf(problem, text.replace('retrys', 'retry'))).toBeNull();
});

test('a place beyond the text is its end, and what is underlined is never empty where there is text', () => {
  expect(offsetOf('ab\ncd', 1, 99)).toBe(2);
  expect(offsetOf('ab\ncd', 9, 1)).toBe(5);
  expect(spanOf({ line: 1, column: 1 }, 'overlap: skip')).toEqual({ from: 0, to: 7 });
  expect(spanOf({ line: 1, column: 3 }, 'ab')).toEqual({ from: 1, to: 2 });
  expect(spanOf({ line: 1, column: 1 }, '')).toEqual({ from: 0, to: 0 });
});

test('what stands between backticks is set as code', () => {
  expect(
    codeParts('unknown key `a`; did you mean `b`?')
      .filter(({ isCode }) => isCode)
      .map(({ text }) => text),
  ).toEqual(['a', 'b']);
});

test('drafts come back as they were kept; what is no draft is none, and a full store loses nothing else', () => {
  const kept = new Map<string, string>();
  let isFull = false;
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    removeItem: (key: string) => void kept.delete(key),
    setItem(key: string, value: string) {
      if (isFull) throw new Error('QuotaExceededError');
      kept.set(key, value);
    },
  } as unknown as Storage;
  const drafts = new Drafts(storage);
  const draft = { text: 'a: 1', basedOn: 'v1', keptAt: 5 };
  expect(drafts.keep('a.yml', draft)).toBe(true);
  expect(drafts.read('a.yml')).toEqual(draft);
  kept.set('nightjar.draft.b.yml', '{"half');
  expect(drafts.read('b.yml')).toBeNull();
  isFull = true;
  expect(drafts.keep('a.yml', draft)).toBe(false);
  drafts.drop('a.yml');
  expect(drafts.read('a.yml')).toBeNull();
});
