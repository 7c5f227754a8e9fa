import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { homeJsonSchema, jobJsonSchema } from '../electron/scheduler/job-file/json-schema.ts';
import { DURATION_PATTERN, SIZE_PATTERN } from '../electron/scheduler/job-file/quantity.ts';

/**
 * The reference in docs/job-file.md, written from the schema that also validates, so that it can say nothing else. Run this file
 * after a change of the schema; a test fails while the page is not current.
 */
export const PAGE = fileURLToPath(new URL('../docs/job-file.md', import.meta.url));

const BEGIN = '<!-- Written by scripts/write-reference.ts from the schema: edit the descriptions there. -->';
const END = '<!-- End of what is written. -->';

/** As far as our own two schemas use JSON Schema. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Keys whose inner keys have a table of their own, as they are keys of several things. */
const APART: ReadonlySet<string> = new Set(['retry', 'defaults', 'tasks']);

/** The page with its reference as the schema is now. Throws where the page has no place for it. */
export function withReference(page: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/job-file.md has no \`${BEGIN}\` with \`${END}\` after it.`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${reference()}\n\n${page.slice(end)}`;
}

function reference(): string {
  const job = jobJsonSchema() as Schema;
  const { task, group } = job.definitions ?? {};
  const retry = job.properties?.['retry'];
  if (task === undefined || group === undefined || retry === undefined) {
    throw new Error('The schema of the job file has no task, group or retry any more; write-reference.ts names them.');
  }
  return [
    '### Job',
    table(job),
    '### Task',
    "An item of `steps`, of a group's `tasks`, or of a handler (`on_success` and the others).",
    table(task),
    '### Group',
    'An item of `steps` that has `tasks`.',
    table(group),
    '### `retry`',
    'Of a job or of a task.',
    table(retry),
    '### `nightjar.yml`',
    'What all jobs of the jobs home share. The file is optional.',
    table(homeJsonSchema() as Schema),
  ].join('\n\n');
}

function table(schema: Schema): string {
  const rows = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [
    row(key, value, schema),
    ...(APART.has(key) ? [] : innerRows(key, value)),
  ]);
  return ['| Key | Value | Meaning |', '|---|---|---|', ...rows].join('\n');
}

/** The keys of a map, of each item of a list of maps, or of each value of a map with names that the user chooses. */
function innerRows(key: string, schema: Schema): string[] {
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const inners: [string, Schema | undefined][] = [
    [key, schema],
    ...(schema.anyOf ?? []).map((one): [string, Schema] => [key, one]),
    [`${key}[]`, schema.items],
    [`${key}.*`, values],
  ];
  return inners.flatMap(([path, inner]) =>
    Object.entries(inner?.properties ?? {}).map(([name, value]) => row(`${path}.${name}`, value, inner ?? {})),
  );
}

function row(key: string, schema: Schema, parent: Schema): string {
  const name = key.slice(key.lastIndexOf('.') + 1);
  const required = parent.required?.includes(name) ? 'Required. ' : '';
  const cells = [`\`${key}\``, valueOf(schema), `${required}${schema.description ?? ''}`];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** What may be written there, in a word or a few. */
function valueOf(schema: Schema): string {
  const { type, anyOf, items, pattern, minimum, maximum } = schema;
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  // More would be as wide as the rest of the table together; the editor offers them.
  if (schema.enum !== undefined && schema.enum.length > 10) return 'text';
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (anyOf !== undefined) return [...new Set(anyOf.map(valueOf))].join(', or ');
  if (Array.isArray(type)) return 'text';
  switch (type) {
    case 'string':
      if (pattern === DURATION_PATTERN.source) return 'duration';
      return pattern === SIZE_PATTERN.source ? 'size' : 'text';
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
    case 'number':
      return `${type === 'integer' ? 'whole number' : 'number'}, ${minimum} to ${maximum}`;
    case 'array':
      return `list: ${items === undefined ? 'anything' : valueOf(items)}`;
    case 'object':
      return 'map';
    default:
      throw new Error(`write-reference.ts has no words for ${JSON.stringify(schema).slice(0, 100)}.`);
  }
}

if (import.meta.main) await writeFile(PAGE, withReference(await readFile(PAGE, 'utf8')));
