import { closeSync, openSync, readSync } from 'node:fs';
import { PlainText } from './ansi.ts';
import { LineFinder } from './line-finder.ts';
import { matcherOf, type Wanted } from './line-matcher.ts';
import { indexPath, isSelected, textPath } from './log-index.ts';
import type { LogSelection } from './log-slice.ts';

/** Text that is looked at at once. Small enough to stay in a processor's cache between reading and searching. */
const CHUNK_BYTES = 512 * 1024;

export interface LogQuery {
  readonly wanted: Wanted;
  readonly selection: LogSelection;
  /** The line to begin with. */
  readonly fromNumber: number;
  /** Found lines after which it ends. */
  readonly limit: number;
  /** Milliseconds after which it ends. */
  readonly budgetMs: number;
}

export interface Found {
  /** Of the lines with a match. */
  readonly numbers: number[];
  /** The line to go on with; null where the log's end was reached. */
  readonly nextNumber: number | null;
}

/**
 * Scans the text of a log, chunk by chunk, for lines with a match. ANSI sequences are no part of the text here. It blocks for
 * as long as its budget allows, so it runs in a worker.
 */
export function scanLog(folder: string, query: LogQuery): Found {
  const files: number[] = [];
  const opened = (path: string) => {
    files.push(openSync(path, 'r'));
    return files.at(-1)!;
  };
  try {
    return scanFiles(opened(textPath(folder)), new LineFinder(opened(indexPath(folder))), query);
  } catch (error) {
    // No log, or not any more: retention does not wait for readers.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { numbers: [], nextNumber: null };
    throw error;
  } finally {
    for (const file of files) closeSync(file);
  }
}

function scanFiles(text: number, finder: LineFinder, query: LogQuery): Found {
  const deadline = performance.now() + query.budgetMs;
  const matcher = matcherOf(query.wanted);
  const numbers: number[] = [];
  let number = query.fromNumber;
  if (matcher === null || number >= finder.lines) return { numbers, nextNumber: null };
  let buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let offset = finder.beginOf(number);
  while (offset < finder.bytes) {
    const read = readSync(text, buffer, 0, Math.min(buffer.length, finder.bytes - offset), offset);
    const length = buffer.lastIndexOf(0x0a, read - 1) + 1;
    if (length === 0 || read === 0) {
      if (read < buffer.length) break;
      // A line longer than the chunk.
      buffer = Buffer.allocUnsafeSlow(buffer.length * 2);
      continue;
    }
    const plain = new PlainText(buffer.subarray(0, length));
    const next = matcher(plain.bytes);
    for (let place = next(0); place >= 0;) {
      number = finder.lineAt(offset + plain.original(place), number);
      const record = finder.record(number);
      if (
        record &&
        isSelected(query.selection, record) &&
        !(query.wanted.kind === 'error' && record.stream === 'nightjar')
      ) {
        numbers.push(number);
        if (numbers.length >= query.limit)
          return { numbers, nextNumber: number + 1 < finder.lines ? number + 1 : null };
      }
      number++;
      place = next(plain.bytes.indexOf(0x0a, place) + 1);
    }
    offset += length;
    if (offset < finder.bytes && performance.now() > deadline) {
      return { numbers, nextNumber: finder.lineAt(offset, Math.min(number, finder.lines - 1)) };
    }
  }
  return { numbers, nextNumber: null };
}
