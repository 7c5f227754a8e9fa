import {
  CORE_SCHEMA,
  EVENT_ID,
  FAILSAFE_SCHEMA,
  YAMLException,
  constructFromEvents,
  mergeTag,
  parseEvents,
} from 'js-yaml';
import type { Event } from 'js-yaml';
import { messageOf } from '../failure.ts';
import type { Problem } from './definition.ts';
import { Places, lineFinder } from './places.ts';
import type { Path } from './places.ts';
import { MAX_FILE_BYTES } from './scan-home.ts';
import { TEXT_KEYS } from './values.ts';

// What aliases make of a file, counted as if each were written out: a bomb of a few hundred bytes has billions.
const MAX_VALUES = 20_000;
// js-yaml refuses 100 levels as written; aliases and circles can go on below that.
const MAX_DEPTH = 200;
// Nobody reads more, and a broken generator can make one for every line: of each severity some are worked out, the others
// counted.
const MAX_PROBLEMS = 100;
const MAX_WORKED_OUT = 500;
/** One for all files that have none. */
const NO_PROBLEMS: readonly Problem[] = [];

// Core, not YAML 1.1: there `on` and `off` would be true and false, and `on` is a key of ours.
const SCHEMA = CORE_SCHEMA.withTags(mergeTag);
const AS_WRITTEN = FAILSAFE_SCHEMA.withTags(mergeTag);

/** Collects the Problems of one file; a place in the text is worked out only when there is one. */
export class ProblemList {
  readonly #file: string;
  readonly #text: string;
  readonly #all: (Omit<Problem, 'line' | 'column' | 'file'> & { readonly at: number })[] = [];
  readonly #counts = { error: 0, warning: 0 };
  #places: () => Places | undefined = () => undefined;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  setPlaces(places: () => Places | undefined): void {
    this.#places = places;
  }

  add(path: Path, message: string, options: { target?: 'key' | 'value'; severity?: Problem['severity'] } = {}): void {
    const { target = 'value', severity = 'error' } = options;
    const at = this.#counts[severity] < MAX_WORKED_OUT ? (this.#places()?.find(path, target) ?? 0) : 0;
    this.addAt(at, message, severity);
  }

  /** Where something stands, for a Problem that shows later. */
  placeOf(path: Path): { line: number; column: number } {
    return lineFinder(this.#text)(this.#places()?.find(path, 'value') ?? 0);
  }

  addAt(at: number, message: string, severity: Problem['severity'] = 'error'): void {
    this.#counts[severity] += 1;
    if (this.#counts[severity] <= MAX_WORKED_OUT) this.#all.push({ at, message, severity });
  }

  /** Whether another error would only be counted: no need to find good words for it. */
  get isFull(): boolean {
    return this.#counts.error >= MAX_WORKED_OUT;
  }

  get hasErrors(): boolean {
    return this.#counts.error > 0;
  }

  /** In the order of the text, each once. */
  list(): readonly Problem[] {
    if (this.#all.length === 0) return NO_PROBLEMS;
    const place = lineFinder(this.#text);
    const seen = new Set<string>();
    const sorted = this.#all
      .sort((a, b) => a.at - b.at)
      .filter(({ at, message }) => !seen.has(`${at} ${message}`) && seen.add(`${at} ${message}`));
    // An error must never hide behind a hundred warnings: it is what makes the file invalid.
    const shown = [
      ...sorted.filter(({ severity }) => severity === 'error'),
      ...sorted.filter(({ severity }) => severity === 'warning'),
    ].slice(0, MAX_PROBLEMS);
    const problems = shown
      .sort((a, b) => a.at - b.at)
      .map(({ at, message, severity }): Problem => ({ file: this.#file, ...place(at), message, severity }));
    const notWorkedOut = Object.values(this.#counts).reduce(
      (sum, count) => sum + Math.max(0, count - MAX_WORKED_OUT),
      0,
    );
    const hidden = sorted.length - shown.length + notWorkedOut;
    const last = problems.at(-1);
    if (hidden > 0 && last !== undefined) {
      problems.push({ ...last, message: `there are ${hidden} more problems in this file` });
    }
    return problems;
  }
}

/**
 * The value of a YAML text as plain data, or undefined after adding Problems that leave nothing to look at. Scalars below
 * `TEXT_KEYS` are text as written. Never throws and never takes long: size, depth and aliases are bounded.
 */
export function readYaml(text: string, problems: ProblemList): unknown {
  if (text.length > MAX_FILE_BYTES || Buffer.byteLength(text) > MAX_FILE_BYTES) {
    problems.addAt(0, 'the file is larger than 1 MiB, which no job file may be');
    return undefined;
  }
  let events: Event[];
  try {
    events = parseEvents(text, {});
  } catch (thrown) {
    addSyntaxProblem(thrown, problems);
    return undefined;
  }
  let documents = 0;
  let ends = 0;
  for (const { type } of events) {
    if (type === EVENT_ID.DOCUMENT) documents += 1;
    else if (type === EVENT_ID.POP) ends += 1;
  }
  if (documents + ends === events.length) {
    problems.addAt(0, 'the file is empty; write at least `scheduler:` or `steps:`');
    return undefined;
  }
  if (documents > 1) {
    problems.addAt(secondDocument(text), 'a file holds one job; take out the second document, which begins here');
    return undefined;
  }
  let places: Places | undefined;
  const placesOnce = () => (places ??= new Places(text, events));
  problems.setPlaces(placesOnce);

  let value: unknown;
  try {
    value = construct(text, events, false);
  } catch (thrown) {
    // Of duplicate keys js-yaml names the first and stops. Name all, and go on to the other mistakes.
    const placeOf = lineFinder(text);
    for (const { key, at, firstAt } of placesOnce().duplicates) {
      const { line } = placeOf(firstAt);
      problems.addAt(at, `\`${key}\` is written twice; the first is in line ${line}`);
    }
    if (!isDuplicateKey(thrown)) addSyntaxProblem(thrown, problems);
    try {
      value = construct(text, events, true);
    } catch {
      // The same mistake again, which has its Problem by now.
      if (!problems.hasErrors) addSyntaxProblem(thrown, problems);
      return undefined;
    }
    if (!problems.hasErrors) addSyntaxProblem(thrown, problems);
  }
  const { tooMuch, hasText } = measure(value);
  if (tooMuch !== null) {
    problems.addAt(0, tooMuch);
    return undefined;
  }
  return hasText ? withTextAsWritten(value, asWritten(text, events)) : value;
}

function construct(source: string, events: Event[], allowsDuplicates: boolean): unknown {
  return constructFromEvents(events, { source, schema: SCHEMA, json: allowsDuplicates, maxAliases: 10_000 })[0];
}

function asWritten(source: string, events: Event[]): unknown {
  try {
    return constructFromEvents(events, { source, schema: AS_WRITTEN, json: true, maxAliases: 10_000 })[0];
  } catch {
    // A tag such as `!!int` means nothing to this schema. The text of the value will do.
    return undefined;
  }
}

function isDuplicateKey(thrown: unknown): boolean {
  return thrown instanceof YAMLException && thrown.reason === 'duplicated mapping key';
}

function addSyntaxProblem(thrown: unknown, problems: ProblemList): void {
  const at = thrown instanceof YAMLException ? (thrown.mark?.position ?? 0) : 0;
  const reason = thrown instanceof YAMLException ? thrown.reason : messageOf(thrown);
  // js-yaml points behind the `*` of an alias.
  problems.addAt(reason.startsWith('unidentified alias') ? at - 1 : at, syntaxMessage(reason));
}

// js-yaml's words where they help, ours for what people get wrong most.
function syntaxMessage(reason: string): string {
  const alias = /^unidentified alias "(.*)"$/.exec(reason);
  if (alias !== null) return `there is no anchor \`&${alias[1]}\` above this alias`;
  if (reason.startsWith('tab characters')) return 'a tab cannot indent YAML; use spaces';
  if (reason === 'duplicated mapping key') return 'this key is written twice in one map';
  if (reason.startsWith('nesting exceeded')) return 'values are nested more than 100 deep, which no job file may be';
  if (reason.startsWith('aliases exceeded')) return 'the file has more than 10000 aliases, which no job file may have';
  if (reason.startsWith('merge keys exceeded')) {
    return 'merge keys (`<<`) make more than 10000 keys, which no job file may have';
  }
  if (reason.startsWith('cannot merge mappings')) return '`<<` must be an alias of a map, or a list of such aliases';
  if (reason.startsWith('bad indentation of a')) {
    return 'this is not valid YAML: the indentation does not fit the lines above, or a value with `: ` in it lacks quotes';
  }
  if (reason === 'deficient indentation' || reason.endsWith('within a flow collection')) {
    return 'this is not valid YAML: a `[`, a `{` or a quote above is not closed';
  }
  if (reason.endsWith('quoted scalar')) return 'this is not valid YAML: a quote above is not closed';
  return `this is not valid YAML: ${reason}`;
}

// Document events have no place. The marker that ends the first document is the first one after some content.
function secondDocument(text: string): number {
  let hasContent = false;
  for (const match of text.matchAll(/^.*$/gm)) {
    if (hasContent && match[0].startsWith('---')) return match.index;
    if (!/^\s*(#|%|---\s*$|$)/.test(match[0])) hasContent = true;
  }
  return 0;
}

/** Whether there is more than a job file may have, and whether any text was read as something else. */
function measure(value: unknown): { readonly tooMuch: string | null; readonly hasText: boolean } {
  let count = 0;
  let hasText = false;
  const visit = (node: unknown, depth: number, isText: boolean): string | null => {
    count += 1;
    if (count > MAX_VALUES) return `the file has more than ${MAX_VALUES} values once its aliases are written out`;
    if (depth > MAX_DEPTH) return `values are nested more than ${MAX_DEPTH} deep once aliases are written out`;
    if (isText && isOtherScalar(node)) hasText = true;
    if (typeof node !== 'object' || node === null) return null;
    const isList = Array.isArray(node);
    for (const key of Object.keys(node)) {
      const child = (node as Record<string, unknown>)[key];
      const tooMuch = visit(child, depth + 1, isText || (!isList && TEXT_KEYS.has(key)));
      if (tooMuch !== null) return tooMuch;
    }
    return null;
  };
  const tooMuch = visit(value, 0, false);
  return { tooMuch, hasText };
}

/** `written` is the same document with every scalar as text. What has no such text stays the same value. */
function withTextAsWritten(value: unknown, written: unknown): unknown {
  const path: (string | number)[] = [];
  const restore = (node: unknown, isText: boolean): unknown => {
    if (isOtherScalar(node)) {
      const text = isText ? valueAt(written, path) : undefined;
      return typeof text === 'string' ? text : node;
    }
    if (typeof node !== 'object' || node === null) return node;
    const isList = Array.isArray(node);
    let changed: Record<string, unknown> | undefined;
    for (const key of Object.keys(node)) {
      const child = (node as Record<string, unknown>)[key];
      path.push(isList ? Number(key) : key);
      const restored = restore(child, isText || (!isList && TEXT_KEYS.has(key)));
      path.pop();
      // A map that others have an alias of stays as it is: there the same scalars may be no text.
      if (restored !== child) define((changed ??= copyOf(node)), key, restored);
    }
    return changed ?? node;
  };
  return restore(value, false);
}

/** What YAML reads as no text, though it may have been meant so: `1.50`, `true`. */
function isOtherScalar(node: unknown): boolean {
  return typeof node === 'number' || typeof node === 'boolean';
}

function copyOf(node: object): Record<string, unknown> {
  const copy: object = Array.isArray(node) ? [...node] : Object.fromEntries(Object.entries(node));
  return copy as Record<string, unknown>;
}

// Plain assignment of `__proto__` would set the prototype.
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

/** What is at a path of plain data; undefined where there is no such place. */
export function valueAt(value: unknown, path: Path): unknown {
  let node = value;
  for (const step of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, step)) return undefined;
    node = (node as Record<string | number, unknown>)[step];
  }
  return node;
}
