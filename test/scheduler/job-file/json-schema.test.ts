import { readFile, readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { homeJsonSchema, jobJsonSchema } from '../../../electron/scheduler/job-file/json-schema.ts';
import { TEXT_KEYS } from '../../../electron/scheduler/job-file/values.ts';
import { definitionOf, homeProblemsOf, settingsOf } from './parsing.ts';

const root = new URL('../../../', import.meta.url);
const text = (path: string) => readFile(new URL(path, root), 'utf8');

test.each([
  ['job.schema.json', jobJsonSchema()],
  ['nightjar.schema.json', homeJsonSchema()],
])('resources/%s is current (else run scripts/write-job-schema.ts)', async (name, schema) => {
  expect(JSON.parse(await text(`resources/${name}`))).toEqual(schema);
});

/** Every property of a JSON Schema, with the key that it is under. */
function* properties(schema: unknown, key = ''): Generator<{ key: string; schema: Record<string, unknown> }> {
  if (typeof schema !== 'object' || schema === null) return;
  const node = schema as Record<string, unknown>;
  if (key !== '') yield { key, schema: node };
  for (const [name, child] of Object.entries(node)) {
    if (name === 'properties' || name === 'definitions') {
      for (const [property, value] of Object.entries(child as object)) yield* properties(value, property);
    } else if (Array.isArray(child)) for (const item of child) yield* properties(item, key);
    else if (typeof child === 'object' && name !== 'propertyNames') yield* properties(child, key);
  }
}

test('every key says in the schema what it is for', () => {
  const silent = [...properties(jobJsonSchema()), ...properties(homeJsonSchema())]
    .filter(({ schema }) => 'properties' in schema || 'type' in schema || 'anyOf' in schema)
    .map(({ key }) => key);
  const described = new Set(
    [...properties(homeJsonSchema()), ...properties(jobJsonSchema())]
      .filter(({ schema }) => typeof schema.description === 'string')
      .map(({ key }) => key),
  );
  expect([...new Set(silent)].filter((key) => !described.has(key))).toEqual([]);
});

test('every key that takes text of any look has its text kept as written', () => {
  const takesText = [...properties(jobJsonSchema())]
    .filter(({ schema }) => Array.isArray(schema.type) && schema.type.includes('boolean'))
    .map(({ key }) => key);
  expect([...new Set(takesText)].filter((key) => !TEXT_KEYS.has(key))).toEqual([]);
});

test('the samples are valid without a warning, and each names its schema', async () => {
  const settings = settingsOf(await text('jobs/nightjar.yml'));
  expect(homeProblemsOf(await text('jobs/nightjar.yml'))).toEqual([]);
  const files = (await readdir(new URL('jobs/', root), { recursive: true })).filter((file) => file.endsWith('.yml'));
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    const content = await text(`jobs/${file}`);
    const job = file === 'nightjar.yml' ? settings : definitionOf(content, settings);
    expect(job.steps).not.toHaveLength(0);
    const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(content)?.[1] ?? 'none';
    await expect(readFile(new URL(schema, new URL(`jobs/${file}`, root)), 'utf8')).resolves.toContain('Nightjar');
  }
});
