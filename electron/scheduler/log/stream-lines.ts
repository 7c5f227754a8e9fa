import { isUtf8 } from 'node:buffer';
import { FLAG_CONTINUED } from './log-index.ts';
import type { LineList, LogAppender } from './log-appender.ts';
import type { Mask } from './mask.ts';

/** Bytes, as they came, after which a line is split. */
export const LONGEST_LINE = 1024 * 1024;
/** Characters of an unfinished line that are shown: it is for a prompt or a progress bar, whose end is what matters. */
const SHOWN_CHARACTERS = 16 * 1024;
/** What is kept of the room for an open line when it has ended. */
const KEPT_BYTES = 64 * 1024;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Makes lines of what one stream of one attempt delivers, and hands them to the appender as they are stored: masked, without the
 * line ending and a `\r` before it, valid UTF-8 (what is not becomes U+FFFD), and with U+2400 for NUL, because one NUL makes
 * `grep` take the whole log for a binary file.
 *
 * A line is looked at as a whole, so nothing depends on where chunks end. Most chunks have nothing to change, and their whole
 * lines are copied in one piece.
 */
export class StreamLines {
  readonly list: LineList;
  /** Of the line that is open now. */
  openSinceAt = 0;
  #appender: LogAppender;
  #mask: Mask | null;
  #open = Buffer.alloc(0);
  #openLength = 0;
  /** Raw bytes that are in finished lines. */
  #finished: number;

  constructor(appender: LogAppender, list: LineList, mask: Mask | null, consumed: number) {
    this.#appender = appender;
    this.list = list;
    this.#mask = mask;
    this.#finished = consumed;
  }

  /** Raw bytes taken so far, the open line's too. */
  get consumed(): number {
    return this.#finished + this.#openLength;
  }

  get hasOpenLine(): boolean {
    return this.#openLength > 0;
  }

  push(chunk: Uint8Array, at: number): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    if (this.#openLength > 0) {
      start = bytes.indexOf(LF) + 1;
      this.#keep(bytes.subarray(0, start === 0 ? bytes.length : start - 1), at);
      if (start === 0) return;
      this.#endLine(this.#open.subarray(0, this.#openLength), at, 1);
      this.#openLength = 0;
      if (this.#open.length > KEPT_BYTES) this.#open = Buffer.alloc(0);
    }
    const end = bytes.lastIndexOf(LF) + 1;
    if (end > start) this.#wholeLines(bytes.subarray(start, end), at);
    this.#keep(bytes.subarray(Math.max(start, end)), at);
  }

  /** Ends the line that is open, if there is one: its stream has ended without a line ending. */
  finish(at: number): void {
    if (this.#openLength > 0) this.#endLine(this.#open.subarray(0, this.#openLength), at, 0);
    this.#openLength = 0;
    this.#open = Buffer.alloc(0);
  }

  /** The end of the open line as it may be shown: masked, and without what may become a secret. */
  shown(): string {
    const raw = this.#open.subarray(0, this.#openLength);
    return textOf(this.#mask ? this.#mask.applyToBegun(raw) : raw).slice(-SHOWN_CHARACTERS);
  }

  #wholeLines(lines: Buffer, at: number): void {
    const isPlain =
      lines.length <= LONGEST_LINE &&
      !lines.includes('\r\n') &&
      !lines.includes(0) &&
      isUtf8(lines) &&
      (this.#mask === null || this.#mask.ranges(lines).length === 0);
    if (isPlain) {
      this.#appender.block(this.list, lines, at, this.#finished);
      this.#finished += lines.length;
      return;
    }
    for (let start = 0; start < lines.length;) {
      const end = lines.indexOf(LF, start);
      this.#endLine(lines.subarray(start, end), at, 1);
      start = end + 1;
    }
  }

  /** Puts bytes without a line ending to the open line, and stores of it what no line may be longer than. */
  #keep(bytes: Buffer, at: number): void {
    if (bytes.length === 0) return;
    if (this.#openLength === 0) this.openSinceAt = at;
    const length = this.#openLength + bytes.length;
    if (length > this.#open.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, this.#open.length * 2, 256));
      grown.set(this.#open.subarray(0, this.#openLength));
      this.#open = grown;
    }
    this.#open.set(bytes, this.#openLength);
    this.#openLength = length;
    // One byte more for a `\r` that may turn out to be part of the line's end, and as many as the longest secret has.
    const surplus = Math.max(1, this.#mask?.longest ?? 0);
    let start = 0;
    while (this.#openLength - start > LONGEST_LINE + surplus) {
      start += this.#storePiece(this.#open.subarray(start, this.#openLength), at);
    }
    if (start > 0) {
      this.#open.copyWithin(0, start, this.#openLength);
      this.#openLength -= start;
    }
  }

  /** Stores a line that is whole; `endingBytes` is what its line ending took beside a `\r`. */
  #endLine(line: Buffer, at: number, endingBytes: 0 | 1): void {
    const hasReturn = endingBytes === 1 && line.at(-1) === CR;
    let rest = hasReturn ? line.subarray(0, -1) : line;
    while (rest.length > LONGEST_LINE) rest = rest.subarray(this.#storePiece(rest, at));
    this.#finished += rest.length + endingBytes + (hasReturn ? 1 : 0);
    this.#appender.line(this.list, this.#asStored(rest), at, this.#finished);
  }

  /** Stores the first piece of a line that is too long; returns the bytes that it took. */
  #storePiece(line: Buffer, at: number): number {
    const length = this.#pieceLength(line);
    this.#finished += length;
    this.#appender.line(this.list, this.#asStored(line.subarray(0, length)), at, this.#finished, FLAG_CONTINUED);
    return length;
  }

  /** As much as a line may have, less where a secret or a character would be cut in two. */
  #pieceLength(line: Buffer): number {
    let length = LONGEST_LINE;
    if (this.#mask) {
      const ranges = this.#mask.ranges(line.subarray(0, Math.min(line.length, LONGEST_LINE + this.#mask.longest)));
      const cut = ranges.findIndex((_, i) => i % 2 === 0 && ranges[i]! < LONGEST_LINE && ranges[i + 1]! > LONGEST_LINE);
      // A piece that is one single secret would never get shorter.
      if (cut >= 0 && ranges[cut]! > 0) return ranges[cut]!;
    }
    while (length > LONGEST_LINE - 4 && (line[length]! & 0xc0) === 0x80) length--;
    return length > LONGEST_LINE - 4 ? length : LONGEST_LINE;
  }

  #asStored(line: Buffer): Uint8Array {
    const masked = this.#mask ? this.#mask.apply(line) : line;
    if (isUtf8(masked) && !masked.includes(0)) return masked;
    return Buffer.from(textOf(masked).replaceAll('\0', '\u2400'));
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
