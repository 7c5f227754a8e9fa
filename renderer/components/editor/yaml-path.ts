import type { Path } from './schema.ts';

/** Where the cursor is, as a job file's author thinks of it. */
export interface Place {
  /** Of the map or list that holds the cursor. */
  readonly path: Path;
  /** Set where a value is written: its key; the place is then `path` and this key. */
  readonly key: string | null;
  /** Column at which the word under the cursor begins, from 0. */
  readonly wordFrom: number;
  /** The keys that the map has already. */
  readonly siblings: readonly string[];
}

const KEY = /^(\s*)((?:- +)*)(?:(["']?)([\w.$-]+)\3\s*:(?=\s|$)(.*))?/;

/**
 * The place in the middle of a file that is being typed and so need not parse: by indentation, line by line upwards, and by
 * braces within a line. Flow maps over several lines are not followed.
 */
export function placeAt(lines: readonly string[], lineIndex: number, column: number): Place {
  const line = lines[lineIndex] ?? '';
  const before = line.slice(0, column);
  const [, indent = '', dashes = '', , key, rest] = KEY.exec(before)!;
  const own = indent.length + dashes.length;
  const up = pathAbove(lines, lineIndex, dashes === '' ? Math.min(indentOf(before, line), column) : indent.length);
  const path = [...up.path, ...dashSteps(dashes)];
  const flow = flowAt(key === undefined ? before.slice(own) : (rest ?? ''));
  if (flow !== null) {
    const base = key === undefined ? path : [...path, key];
    return { ...flow, path: [...base, ...flow.path], wordFrom: column - flow.word.length };
  }
  if (key !== undefined) {
    const value = /[^\s]*$/.exec(rest ?? '')![0];
    return { path, key, wordFrom: column - value.length, siblings: [] };
  }
  const word = /[\w.$-]*$/.exec(before)![0];
  return { path, key: null, wordFrom: column - word.length, siblings: siblingsOf(lines, lineIndex, own) };
}

/** An empty line belongs where the cursor stands, a line with text where its text begins. */
const indentOf = (before: string, line: string): number =>
  line.trim() === '' ? before.length : (/^\s*/.exec(line)?.[0].length ?? 0);

const dashSteps = (dashes: string): string[] => Array.from(dashes.matchAll(/-/g), () => '[]');

/** The keys and lists that hold a line of this indentation. */
function pathAbove(lines: readonly string[], lineIndex: number, indent: number): { path: string[] } {
  const path: string[] = [];
  let bound = indent;
  // The list's items may stand at the indentation of their key.
  let isList = /^\s*-(\s|$)/.test(lines[lineIndex] ?? '');
  for (let at = lineIndex - 1; at >= 0 && bound >= 0; at--) {
    const text = lines[at]!;
    if (text.trim() === '' || text.trim().startsWith('#')) continue;
    const [, space = '', dashes = '', , key, rest] = KEY.exec(text)!;
    const own = space.length + dashes.length;
    const isHolder = key !== undefined && (rest ?? '').replace(/#.*/, '').trim() === '';
    if (isHolder && (own < bound || (isList && own === bound))) {
      path.unshift(key);
      bound = own;
      isList = dashes !== '';
      if (dashes !== '') {
        path.unshift(...dashSteps(dashes));
        bound = space.length;
      }
      if (bound === 0 && dashes === '') break;
    } else if (dashes !== '' && space.length < bound && own <= bound) {
      path.unshift(...dashSteps(dashes));
      bound = space.length;
      isList = true;
    }
  }
  return { path };
}

/** Within `{ a: 1, b: | }` or `[ … ]`: what is open at the end of the text. Null where nothing is. */
function flowAt(text: string): { path: string[]; key: string | null; word: string; siblings: string[] } | null {
  const open: { kind: '{' | '['; from: number; key: string | null }[] = [];
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (quote !== '') quote = letter === quote ? '' : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '{' || letter === '[') open.push({ kind: letter, from: at + 1, key: null });
    else if (letter === '}' || letter === ']') open.pop();
    else if (letter === ',' && open.length > 0) Object.assign(open.at(-1)!, { from: at + 1, key: null });
    else if (letter === ':' && open.at(-1)?.kind === '{' && /[\s]|$/.test(text[at + 1] ?? ''))
      open.at(-1)!.key = text.slice(open.at(-1)!.from, at).trim();
  }
  const last = open.at(-1);
  if (last === undefined) return null;
  const path = open.slice(0, -1).flatMap(({ kind, key }) => (kind === '[' ? ['[]'] : key === null ? [] : [key]));
  if (last.kind === '[') path.push('[]');
  const inner = text.slice(text.lastIndexOf(last.kind) + 1);
  const siblings = Array.from(inner.matchAll(/(?:^|,)\s*([\w.$-]+)\s*:/g), ([, key]) => key!);
  return { path, key: last.kind === '{' ? last.key : null, word: /[^\s,{[:]*$/.exec(text)![0], siblings };
}

/** Keys of the map that the line is in: lines of its indentation around it, up to where something holds them. */
function siblingsOf(lines: readonly string[], lineIndex: number, indent: number): string[] {
  const keys: string[] = [];
  for (const step of [-1, 1]) {
    for (let at = lineIndex + step; at >= 0 && at < lines.length; at += step) {
      const text = lines[at]!;
      if (text.trim() === '') continue;
      const [, space = '', dashes = '', , key] = KEY.exec(text)!;
      const own = space.length + dashes.length;
      if (own < indent || (step === 1 && dashes !== '' && own <= indent)) break;
      if (own === indent && key !== undefined) keys.push(key);
      if (own === indent && dashes !== '') break;
    }
  }
  return keys;
}

/** The path of the key that a word of the file is, for what is shown when the pointer rests on it. */
export function pathOfKey(lines: readonly string[], lineIndex: number, column: number): Path | null {
  const line = lines[lineIndex] ?? '';
  const from = /[\w.$-]*$/.exec(line.slice(0, column))!;
  const end = column + /^[\w.$-]*/.exec(line.slice(column))![0].length;
  if (!/^["']?\s*:(\s|$)/.test(line.slice(end))) return null;
  const key = line.slice(from.index, end);
  if (key === '') return null;
  const place = placeAt(lines, lineIndex, from.index);
  return [...place.path, key];
}
