import { z } from 'zod';
import { closest, didYouMean } from './closest.ts';
import { byHabit } from './habits.ts';
import type { Path } from './places.ts';
import type { ProblemList } from './read-yaml.ts';
import { taskSchema } from './task-schema.ts';

// Written at the top of a file they are in the wrong place, not misspelt.
const KEYS_OF_STEPS = new Set([...Object.keys(taskSchema.shape), 'tasks']);

/**
 * Validates plain data against a schema, names every mistake in the user's words, and returns what is valid of it, so that
 * rules that span several keys can be checked in a file that has other mistakes too.
 *
 * zod alone would stop at the first wrong branch of a union and report all branches of it; so maps, lists and choices between
 * them are walked here, by the schema, and zod judges the leaves. What is not valid, or misspelt, is a key without a value
 * in its map, so that nobody calls it missing as well, and a hole in its list: `forEach` passes over it, and places stay what
 * they are in the file.
 */
export function salvage(schema: z.ZodType, value: unknown, path: Path, problems: ProblemList): unknown {
  const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
  const label = labelOf(path);
  if (value === null) {
    problems.add(path, `${label} has no value; write one, or take the key out`);
    return undefined;
  }
  if (inner instanceof z.ZodUnion) {
    const option = chosenOption(inner, value);
    return option === undefined ? leaf(inner, value, path, problems) : salvage(option, value, path, problems);
  }
  if (inner instanceof z.ZodObject) return salvageMap(inner, value, path, problems);
  if (inner instanceof z.ZodRecord) {
    if (!isMap(value)) {
      problems.add(path, `${label} must be a map of names and values; found ${found(value)}`);
      return undefined;
    }
    const result: Record<string, unknown> = {};
    for (const [key, child] of Object.entries(value)) {
      const childPath = [...path, key];
      const name = (inner.keyType as unknown as z.ZodType).safeParse(key);
      if (!name.success) {
        problems.add(childPath, `\`${shortened(key)}\` ${name.error.issues[0]?.message}`, { target: 'key' });
      }
      const valid = salvage(inner.valueType as unknown as z.ZodType, child, childPath, problems);
      if (name.success && valid !== undefined) define(result, key, valid);
    }
    return result;
  }
  if (inner instanceof z.ZodArray) {
    if (!Array.isArray(value)) {
      problems.add(path, `${label} must be a list; found ${found(value)}`);
      return undefined;
    }
    if (value.length === 0) return leaf(inner, value, path, problems);
    const result: unknown[] = [];
    result.length = value.length;
    value.forEach((item, index) => {
      const valid = salvage(inner.element as unknown as z.ZodType, item, [...path, index], problems);
      if (valid !== undefined) result[index] = valid;
    });
    return result;
  }
  return leaf(inner, value, path, problems);
}

function salvageMap(schema: z.ZodObject, value: unknown, path: Path, problems: ProblemList): unknown {
  const known = Object.keys(schema.shape);
  if (!isMap(value)) {
    const what = path.length === 0 ? 'the file' : labelOf(path);
    const keys = known.length > 6 ? [...known.slice(0, 6), '…'] : known;
    problems.add(path, `${what} must be a map of ${keys.join(', ')}; found ${found(value)}`);
    return undefined;
  }
  const result: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    const childPath = [...path, key];
    if (Object.hasOwn(schema.shape, key)) {
      result[key] = salvage(schema.shape[key] as z.ZodType, child, childPath, problems);
      continue;
    }
    const isTop = path.length === 0;
    const meant = problems.isFull ? undefined : meantKey(key, isTop ? [...known, 'tasks'] : known);
    const isOfSteps = isTop && KEYS_OF_STEPS.has(key) && meant === undefined;
    const hint = isOfSteps ? '; it belongs to a task, below `steps`' : meant && `; did you mean \`${meant}\`?`;
    problems.add(childPath, `unknown key \`${shortened(key)}\`${hint ?? ''}`, { target: 'key' });
    if (meant !== undefined && Object.hasOwn(schema.shape, meant) && !Object.hasOwn(value, meant))
      result[meant] = undefined;
  }
  for (const [key, child] of Object.entries(schema.shape)) {
    if (Object.hasOwn(result, key) || child instanceof z.ZodOptional) continue;
    problems.add(path, `${labelOf(path)} needs \`${key}\``, { target: 'key' });
  }
  return result;
}

// A map goes to the branch that is one; of two maps a group is the one that has `tasks`. Text in place of a map is told of both.
function chosenOption(union: z.ZodUnion, value: unknown): z.ZodType | undefined {
  const options = union.options as readonly z.ZodType[];
  if (Array.isArray(value)) return options.find((option) => option instanceof z.ZodArray);
  if (!isMap(value)) return undefined;
  const maps = options.filter((option) => option instanceof z.ZodObject);
  const known = maps.flatMap((option) => Object.keys(option.shape));
  const isGroup = Object.keys(value).some(
    (key) => key === 'tasks' || (!known.includes(key) && meantKey(key, known) === 'tasks'),
  );
  return maps.find((option) => Object.hasOwn(option.shape, 'tasks') === isGroup) ?? maps[0];
}

function meantKey(key: string, known: readonly string[]): string | undefined {
  return byHabit(key, known) ?? (known.includes(key) ? undefined : closest(key, known));
}

function leaf(schema: z.ZodType, value: unknown, path: Path, problems: ProblemList): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) return undefined;
  problems.add(path, `${labelOf(path)} ${sentenceOf(issue, value)}`);
  return undefined;
}

function sentenceOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_value') {
    const words = issue.values.map(String);
    const must = words.length === 1 ? `must be ${words[0]}` : `must be one of ${words.join(', ')}`;
    const meant = typeof value === 'string' ? didYouMean(value, words) : '';
    return `${must}; found ${found(value)}${meant}`;
  }
  // A string where zod says only that: what YAML reads as a number or a truth wants quotes.
  if (issue.code === 'invalid_type' && issue.expected === 'string' && issue.message.startsWith('Invalid input')) {
    const isScalar = typeof value === 'number' || typeof value === 'boolean';
    return `must be text; found ${found(value)}${isScalar ? `; write '${value}'` : ''}`;
  }
  return `${issue.message}; found ${found(value)}`;
}

/** How a message calls what is at a path: the key, with the place in its list; the map it is in where that is a user's name. */
export function labelOf(path: Path): string {
  let index = path.length - 1;
  while (index >= 0 && typeof path[index] === 'number') index -= 1;
  const places = path.slice(index + 1).map((place) => `[${place}]`);
  const parent = path[index - 1];
  const prefix = parent === 'variables' || parent === 'params' || parent === 'matrix' ? `${parent}.` : '';
  return `\`${prefix}${shortened(String(path[index] ?? ''))}${places.join('')}\``;
}

function found(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  return value === '' ? "''" : `\`${shortened(String(value))}\``;
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Plain assignment of `__proto__` would set the prototype.
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
