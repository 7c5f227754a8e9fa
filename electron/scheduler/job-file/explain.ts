import { z } from 'zod';
import { closest, didYouMean } from './closest.ts';
import { byHabit } from './habits.ts';
import type { Path } from './places.ts';
import type { ProblemList } from './read-yaml.ts';
import { taskSchema } from './task-schema.ts';

// Written at the top of a file they are in the wrong place, not misspelt.
const KEYS_OF_STEPS = new Set([...Object.keys(taskSchema.shape), 'tasks']);

type Step = string | number;

/** Judges a value that stands at `path`, which it may append to while it looks, and leaves as it was. */
type Judge = (value: unknown, path: Step[], problems: ProblemList) => unknown;

// zod's own `instanceof` and getters cost more than the looking, and there are a hundred schemas: each is asked what it is once.
const judges = new WeakMap<z.ZodType, Judge>();

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
  return judgeOf(schema)(value, [...path], problems);
}

function judgeOf(schema: z.ZodType): Judge {
  let judge = judges.get(schema);
  if (judge === undefined) {
    const ofValue = judgeOfValue(schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema);
    judge = (value, path, problems) => {
      if (value !== null) return ofValue(value, path, problems);
      problems.add(path, `${labelOf(path)} has no value; write one, or take the key out`);
      return undefined;
    };
    judges.set(schema, judge);
  }
  return judge;
}

function judgeOfValue(schema: z.ZodType): Judge {
  if (schema instanceof z.ZodUnion) return judgeOfUnion(schema);
  if (schema instanceof z.ZodObject) return judgeOfMap(schema);
  if (schema instanceof z.ZodRecord) return judgeOfRecord(schema);
  if (schema instanceof z.ZodArray) return judgeOfList(schema);
  return judgeOfLeaf(schema);
}

// What ten thousand jobs have in common: `10m`, `always`, the names of images and steps.
const WORDS_KEPT = 500;
const LONGEST_WORD = 40;

function judgeOfLeaf(schema: z.ZodType): Judge {
  const valid = new Map<unknown, unknown>();
  return (value, path, problems) => {
    const isWord = typeof value === 'string' ? value.length <= LONGEST_WORD : typeof value === 'number';
    if (!isWord) return leaf(schema, value, path, problems);
    const known = valid.get(value);
    if (known !== undefined) return known;
    const result = leaf(schema, value, path, problems);
    if (valid.size >= WORDS_KEPT) valid.clear();
    if (result !== undefined) valid.set(value, result);
    return result;
  };
}

function judgeOfRecord(schema: z.ZodRecord): Judge {
  const keyType = schema.keyType as unknown as z.ZodType;
  const judgeValue = judgeOf(schema.valueType as unknown as z.ZodType);
  return (value, path, problems) => {
    if (!isMap(value)) {
      problems.add(path, `${labelOf(path)} must be a map of names and values; found ${found(value)}`);
      return undefined;
    }
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      path.push(key);
      const name = keyType.safeParse(key);
      if (!name.success) {
        problems.add(path, `\`${shortened(key)}\` ${name.error.issues[0]?.message}`, { target: 'key' });
      }
      const valid = judgeValue(value[key], path, problems);
      path.pop();
      if (name.success && valid !== undefined) define(result, key, valid);
    }
    return result;
  };
}

function judgeOfList(schema: z.ZodArray): Judge {
  const judgeItem = judgeOf(schema.element as unknown as z.ZodType);
  return (value, path, problems) => {
    if (!Array.isArray(value)) {
      problems.add(path, `${labelOf(path)} must be a list; found ${found(value)}`);
      return undefined;
    }
    if (value.length === 0) return leaf(schema, value, path, problems);
    const result: unknown[] = [];
    result.length = value.length;
    value.forEach((item, index) => {
      path.push(index);
      const valid = judgeItem(item, path, problems);
      path.pop();
      if (valid !== undefined) result[index] = valid;
    });
    return result;
  };
}

function judgeOfMap(schema: z.ZodObject): Judge {
  const known = Object.keys(schema.shape);
  const shape = new Map(known.map((key) => [key, judgeOf(schema.shape[key] as z.ZodType)]));
  const required = known.filter((key) => !(schema.shape[key] instanceof z.ZodOptional));
  return (value, path, problems) => {
    if (!isMap(value)) {
      const what = path.length === 0 ? 'the file' : labelOf(path);
      const keys = known.length > 6 ? [...known.slice(0, 6), '…'] : known;
      problems.add(path, `${what} must be a map of ${keys.join(', ')}; found ${found(value)}`);
      return undefined;
    }
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      path.push(key);
      const judge = shape.get(key);
      if (judge !== undefined) result[key] = judge(value[key], path, problems);
      else {
        const meant = addUnknownKey(key, known, path, problems);
        if (meant !== undefined && shape.has(meant) && !Object.hasOwn(value, meant)) result[meant] = undefined;
      }
      path.pop();
    }
    for (const key of required) {
      if (!Object.hasOwn(result, key)) problems.add(path, `${labelOf(path)} needs \`${key}\``, { target: 'key' });
    }
    return result;
  };
}

/** Returns the key that was probably meant. */
function addUnknownKey(key: string, known: readonly string[], path: Path, problems: ProblemList): string | undefined {
  const isTop = path.length === 1;
  const meant = problems.isFull ? undefined : meantKey(key, isTop ? [...known, 'tasks'] : known);
  const isOfSteps = isTop && KEYS_OF_STEPS.has(key) && meant === undefined;
  const hint = isOfSteps ? '; it belongs to a task, below `steps`' : meant && `; did you mean \`${meant}\`?`;
  problems.add(path, `unknown key \`${shortened(key)}\`${hint ?? ''}`, { target: 'key' });
  return meant;
}

// A map goes to the branch that is one; of two maps a group is the one that has `tasks`. Text in place of a map is told of both.
function judgeOfUnion(schema: z.ZodUnion): Judge {
  const options = schema.options as readonly z.ZodType[];
  const list = options.find((option) => option instanceof z.ZodArray);
  const maps = options.filter((option) => option instanceof z.ZodObject);
  const known = new Set(maps.flatMap((option) => Object.keys(option.shape)));
  const names = [...known];
  const judgeList = list && judgeOf(list);
  const judgeMap = (isGroup: boolean): Judge | undefined => {
    const chosen = maps.find((option) => Object.hasOwn(option.shape, 'tasks') === isGroup) ?? maps[0];
    return chosen && judgeOf(chosen);
  };
  const [judgeTask, judgeGroup] = [judgeMap(false), judgeMap(true)];
  const judgeOther = judgeOfLeaf(schema);
  const isGroup = (value: Record<string, unknown>): boolean =>
    Object.keys(value).some((key) => key === 'tasks' || (!known.has(key) && meantKey(key, names) === 'tasks'));
  return (value, path, problems) => {
    const judge = Array.isArray(value)
      ? judgeList
      : isMap(value)
        ? maps.length > 0 && isGroup(value)
          ? judgeGroup
          : judgeTask
        : undefined;
    return (judge ?? judgeOther)(value, path, problems);
  };
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

function define(target: Record<string, unknown>, key: string, value: unknown): void {
  // Plain assignment of this one would set the prototype; defining costs ten times as much.
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else target[key] = value;
}
