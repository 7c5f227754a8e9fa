import { PlainText } from './ansi.ts';
import { BytePatterns } from './byte-patterns.ts';

/** A text, or what looks like an error. */
export type Wanted =
  { readonly kind: 'text'; readonly text: string; readonly isCaseSensitive: boolean } | { readonly kind: 'error' };

/**
 * Looks through whole lines: gives for a place the first match at or after it, -1 without one. It may report any place of the
 * matching line.
 */
export type LineMatcher = (lines: Buffer) => (from: number) => number;

/**
 * A line looks like an error when it has one of these words, whole, in small letters, capitals or with one, or an identifier
 * that ends in `Error` or `Exception`, as languages name what they throw.
 */
const ERROR =
  /\b(?:error|ERROR|[fF]atal|FATAL|[pP]anic|PANIC|exception|EXCEPTION|[tT]raceback|TRACEBACK|[fF]ailed|FAILED)\b|(?:Error|Exception)\b/g;
const ERROR_WORDS = new BytePatterns(
  ['error', 'fatal', 'panic', 'exception', 'traceback', 'failed'].map((word) => Buffer.from(word)),
  false,
);
/** Of a line of any length, behind the first such word. */
const LOOKED_AT_BYTES = 4096;
/** Not where the line says that there was none: "0 failed", "no error", "failed=0". */
const NONE_BEFORE = /(?:^|[^\w.])(?:0|no|without|without any)[ \t]+$/i;
const NONE_AFTER = /^[=:][ \t]*0\b/;

/** Null where no line can match. */
export function matcherOf(wanted: Wanted): LineMatcher | null {
  switch (wanted.kind) {
    case 'error':
      return errorMatcher;
    case 'text':
      return textMatcher(new PlainText(Buffer.from(wanted.text)).bytes, wanted.isCaseSensitive);
    default:
      return wanted satisfies never;
  }
}

function textMatcher(needle: Buffer, isCaseSensitive: boolean): LineMatcher | null {
  if (needle.length === 0 || needle.includes(0x0a)) return null;
  const text = needle.toString();
  const hasCase = !isCaseSensitive && text.toLowerCase() !== text.toUpperCase();
  if (hasCase && !/^[\0-\x7f]*$/.test(text)) return foldingMatcher(text);
  if (needle.length === 1) return byteMatcher(hasCase ? [text.toLowerCase(), text.toUpperCase()] : [text]);
  const patterns = new BytePatterns([needle], !hasCase);
  return (lines) => (from) => patterns.find(lines, from, lines.length);
}

function byteMatcher(bytes: readonly string[]): LineMatcher {
  return (lines) => (from) => {
    const places = bytes.map((byte) => lines.indexOf(byte, from)).filter((place) => place >= 0);
    return places.length === 0 ? -1 : Math.min(...places);
  };
}

/** For letters beyond ASCII, whose other case may have another length: line by line, as text. Several times slower. */
function foldingMatcher(text: string): LineMatcher {
  const folded = text.toLowerCase();
  return (lines) => (from) => {
    for (let start = from; start < lines.length;) {
      const newline = lines.indexOf(0x0a, start);
      const end = newline < 0 ? lines.length : newline;
      if (lines.toString('utf8', start, end).toLowerCase().includes(folded)) return start;
      start = end + 1;
    }
    return -1;
  };
}

/** The words are looked for as bytes, and only lines that have one are looked at as text. */
function errorMatcher(lines: Buffer): (from: number) => number {
  return (from) => {
    for (let place = ERROR_WORDS.find(lines, from, lines.length); place >= 0;) {
      const newline = lines.indexOf(0x0a, place);
      const end = newline < 0 ? lines.length : newline;
      const start = lines.lastIndexOf(0x0a, place) + 1;
      if (looksLikeError(lines.toString('utf8', start, Math.min(end, place + LOOKED_AT_BYTES)))) return place;
      place = ERROR_WORDS.find(lines, end + 1, lines.length);
    }
    return -1;
  };
}

function looksLikeError(line: string): boolean {
  for (const match of line.matchAll(ERROR)) {
    const before = line.slice(Math.max(0, match.index - 16), match.index);
    const after = line.slice(match.index + match[0].length).slice(0, 8);
    if (!NONE_BEFORE.test(before) && !NONE_AFTER.test(after)) return true;
  }
  return false;
}
