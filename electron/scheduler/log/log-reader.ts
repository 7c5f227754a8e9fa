import type { LiveLog } from './live-log.ts';
import { isSelected } from './log-index.ts';
import type { LogLine, LogSelection, LogSlice } from './log-slice.ts';
import { OpenLog, type LineSpan } from './open-log.ts';

/** Text of a slice when nothing else is asked for: several screens of any log, and a millisecond to decode. */
const SLICE_BYTES = 1024 * 1024;
/** Bytes that are rather read and left than asked for with a read of their own. */
const BYTES_PASSED_OVER = 16 * 1024;
const ALL: LogSelection = {};

/**
 * Reads the log of one run, finished or being written, here or by another process. Every call opens the files, reads what it
 * needs by position and closes them, so a reader holds nothing and a log may be deleted under it: it is an empty one then.
 * What a call costs does not depend on how long the log is.
 */
export class LogReader {
  readonly #folder: string;
  readonly #live: LiveLog | undefined;

  /** `live` is the log's writer where it is in this process; without it no unfinished lines are seen. */
  constructor(folder: string, live?: LiveLog) {
    this.#folder = folder;
    this.#live = live;
  }

  /** Lines of the selection. */
  total(selection: LogSelection): Promise<number> {
    return OpenLog.with(this.#folder, selection, 0, async (log) => log.selected.total);
  }

  /**
   * Up to `count` lines of the selection from the place `from` on; a negative one counts from the end. Of more text than
   * `maxBytes` those that were asked for first are given, the last ones where it counts from the end; one line at least.
   */
  slice(selection: LogSelection, from: number, count: number, maxBytes = SLICE_BYTES): Promise<LogSlice> {
    const unfinished = this.#live?.unfinished().filter((line) => isSelected(selection, line)) ?? [];
    const empty: LogSlice = { lines: [], from: 0, total: 0, unfinished };
    return OpenLog.with(this.#folder, selection, empty, async (log) => {
      const { total } = log.selected;
      const start = from < 0 ? Math.max(0, total + from) : Math.min(from, total);
      const numbers = await log.selected.numbers(start, count);
      const spans = await log.spans(numbers);
      const fitting = from < 0 ? fit(spans.toReversed(), maxBytes).toReversed() : fit(spans, maxBytes);
      const leftOut = from < 0 ? spans.length - fitting.length : 0;
      return { lines: await readLines(log, fitting), from: start + leftOut, total, unfinished };
    });
  }

  /** Place of the first line at or after a moment, the total where all are before it. */
  placeAt(selection: LogSelection, moment: number): Promise<{ place: number; total: number }> {
    return this.#place(selection, (log) => log.numberAt(moment));
  }

  /** Place of the line with this number, or of the next one that is selected. */
  placeOf(selection: LogSelection, number: number): Promise<{ place: number; total: number }> {
    return this.#place(selection, async () => number);
  }

  line(number: number): Promise<LogLine | undefined> {
    return OpenLog.with<LogLine | undefined>(this.#folder, ALL, undefined, async (log) => {
      const isThere = Number.isInteger(number) && number >= 0 && number < log.lines;
      return isThere ? (await readLines(log, await log.spans(Uint32Array.of(number))))[0] : undefined;
    });
  }

  /** Calls back whenever there is more to read; returns how to stop. Never calls for a log that others write. */
  onGrew(listener: () => void): () => void {
    return this.#live?.onGrew(listener) ?? (() => {});
  }

  #place(
    selection: LogSelection,
    number: (log: OpenLog) => Promise<number>,
  ): Promise<{ place: number; total: number }> {
    return OpenLog.with(this.#folder, selection, { place: 0, total: 0 }, async (log) => {
      return { place: await log.selected.placeOf(await number(log)), total: log.selected.total };
    });
  }
}

/** As many from the beginning as have room, one at least. */
function fit(spans: readonly LineSpan[], maxBytes: number): readonly LineSpan[] {
  let bytes = 0;
  const tooMany = spans.findIndex((span, i) => (bytes += span.end - span.begin) > maxBytes && i > 0);
  return tooMany < 0 ? spans : spans.slice(0, tooMany);
}

async function readLines(log: OpenLog, spans: readonly LineSpan[]): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (let i = 0; i < spans.length;) {
    const first = spans[i]!;
    let last = i;
    while (last + 1 < spans.length && spans[last + 1]!.begin - spans[last]!.end <= BYTES_PASSED_OVER) last++;
    const bytes = Buffer.allocUnsafe(spans[last]!.end - first.begin);
    const { bytesRead } = await log.text.read(bytes, 0, bytes.length, first.begin);
    for (; i <= last; i++) {
      const { number, at, taskRunId, stream, isContinued, begin, end } = spans[i]!;
      // Cut off under us by somebody who repairs the log.
      if (end - first.begin > bytesRead) return lines;
      const text = bytes.toString('utf8', begin - first.begin, end - first.begin - 1);
      lines.push({ number, at, taskRunId, stream, text, isContinued });
    }
  }
  return lines;
}
