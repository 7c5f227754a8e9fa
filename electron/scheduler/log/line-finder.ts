import { fstatSync, readSync } from 'node:fs';
import { RECORD_BYTES, getEnd, getRecord, type LogRecord } from './log-index.ts';

const RECORDS_A_READ = 4096;

/** Which line is where in a log's text, for a scan that goes forward: it looks near the line that it found last. Blocks. */
export class LineFinder {
  readonly lines: number;
  /** Of the text that the index speaks of. */
  readonly bytes: number;
  readonly #file: number;
  #window = Buffer.alloc(0);
  #windowStart = 0;

  constructor(indexFile: number) {
    this.#file = indexFile;
    this.lines = Math.floor(fstatSync(indexFile).size / RECORD_BYTES);
    this.bytes = this.beginOf(this.lines);
  }

  record(number: number): LogRecord | undefined {
    const place = this.#placeOf(number);
    return getRecord(this.#window, place);
  }

  /** Where a line begins in the text; for the number of lines, where the text ends. */
  beginOf(number: number): number {
    if (number <= 0) return 0;
    const place = this.#placeOf(number - 1);
    return getEnd(this.#window, place);
  }

  /** The number of the line that the byte at this offset belongs to; no line before `from` is asked about. */
  lineAt(offset: number, from: number): number {
    let low = from;
    let step = 1;
    while (low + step < this.lines && this.beginOf(low + step) <= offset) {
      low += step;
      step *= 2;
    }
    for (let high = Math.min(this.lines, low + step); high - low > 1;) {
      const middle = Math.floor((low + high) / 2);
      if (this.beginOf(middle) <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Of a record within the window, which is moved where it does not contain it. Call it before reading the window. */
  #placeOf(number: number): number {
    const count = this.#window.length / RECORD_BYTES;
    if (number < this.#windowStart || number >= this.#windowStart + count) {
      // A little before, because a line's beginning is told by the record before it.
      this.#windowStart = Math.max(0, number - 1);
      const length = Math.min(RECORDS_A_READ, this.lines - this.#windowStart) * RECORD_BYTES;
      const window = Buffer.allocUnsafe(length);
      const read = readSync(this.#file, window, 0, length, this.#windowStart * RECORD_BYTES);
      this.#window = window.subarray(0, read - (read % RECORD_BYTES));
    }
    return (number - this.#windowStart) * RECORD_BYTES;
  }
}
