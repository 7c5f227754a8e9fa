import type { Output } from '../../electron/api/api.ts';

export type Problem = Output<'files.check'>['problems'][number];

/** A change of the text that mends a Problem, in offsets. */
export interface Fix {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** The fix that a Problem's own sentence names: "did you mean `retry`?". Null where it names none, or the word is not there. */
export function fixOf(problem: Pick<Problem, 'line' | 'column' | 'message'>, text: string): Fix | null {
  const meant = /did you mean `([^`]+)`\?/i.exec(problem.message)?.[1];
  if (meant === undefined) return null;
  const from = offsetOf(text, problem.line, problem.column);
  const word = /^(["']?)([\w@.$/-]+)\1/.exec(text.slice(from))?.[2];
  if (word === undefined || word === meant) return null;
  const start = text.indexOf(word, from);
  return { label: `Change to ${meant}`, from: start, to: start + word.length, insert: meant };
}

/** The text with every fix applied that its Problems name. */
export function mended(text: string, problems: readonly Problem[]): string {
  const fixes = problems.map((problem) => fixOf(problem, text)).filter((fix) => fix !== null);
  // From the end, so that no fix moves the next one's place.
  return fixes
    .sort((a, b) => b.from - a.from)
    .reduce((made, { from, to, insert }) => made.slice(0, from) + insert + made.slice(to), text);
}

/** Offset of a line and a column, both from 1; the line's end where it is shorter, the text's where there is no such line. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) {
    const next = text.indexOf('\n', start);
    if (next === -1) return text.length;
    start = next + 1;
  }
  const end = text.indexOf('\n', start);
  return Math.min(start + Math.max(0, column - 1), end === -1 ? text.length : end);
}

/** What a Problem underlines: the word at its place, or the one character that is there. */
export function spanOf(problem: Pick<Problem, 'line' | 'column'>, text: string): { from: number; to: number } {
  const from = offsetOf(text, problem.line, problem.column);
  const word = /^["']?[^\s:,{}[\]#"']+["']?/.exec(text.slice(from, from + 200))?.[0] ?? '';
  const isAtEnd = from >= text.length || text[from] === '\n';
  return {
    from: isAtEnd && word === '' ? Math.max(0, from - 1) : from,
    to: from + Math.max(isAtEnd ? 0 : 1, word.length),
  };
}

/** A sentence in pieces, so that what stands between backticks can be set as code. */
export function codeParts(message: string): { text: string; isCode: boolean }[] {
  return message
    .split('`')
    .map((text, index) => ({ text, isCode: index % 2 === 1 }))
    .filter(({ text }) => text !== '');
}

/** "unknown key …" is "Unknown key …". */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
