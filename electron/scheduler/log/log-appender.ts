import { closeSync, ftruncateSync, openSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { Failure } from '../failure.ts';
import { turn } from '../turn.ts';
import { ENTRY_BYTES, FEW_LINES, RECORD_BYTES, RECORD_WORDS, listPath, putRecord } from './log-index.ts';
import type { LineOwner } from './log-index.ts';
import { failureOf, makeLogFolder, openLog, writeAt, type LogFiles } from './log-files.ts';
import { WordBuffer } from './word-buffer.ts';

/** Bytes of text, or of index, that are written without waiting for more. Large enough that a system call costs little. */
const BATCH_BYTES = 256 * 1024;
/** Bytes that may wait while a batch is being written; then writers wait. It is what a log costs in memory. */
const ROOM_BYTES = 1024 * 1024;
/** How long a small batch waits for company. Whoever follows a log sees a line this much later; 100 batches a second at most. */
const BATCH_MS = 10;
/** Of text and of words, before a log has shown that it needs more: most are a few lines, and memory that is new is slow. */
const FIRST_BYTES = 4 * 1024;

/** What is appended and not yet being written, and with `take` what is being written. */
interface Batch {
  text: Buffer;
  textLength: number;
  readonly index: WordBuffer;
  readonly lists: Map<LineList, WordBuffer>;
}

/** The list of one owner's line numbers. */
export class LineList {
  readonly owner: LineOwner;
  /** Of the file, without what is in a batch. */
  bytes: number;
  handle: number | undefined;

  constructor(owner: LineOwner, bytes: number) {
    this.owner = owner;
    this.bytes = bytes;
  }
}

/**
 * Appends finished lines to the files of a log, in batches, text before index before lists, one batch at a time.
 *
 * Each write names its position. So after a full disk the same batch is written again over whatever a failed try left, and the
 * files are consistent at every moment: what no record speaks of is not there.
 */
export class LogAppender {
  /** Lines and bytes of text that are in the files. */
  lines: number;
  bytes: number;
  /** Why the last batch could not be written; it is tried again by the next `flush`. */
  failure: Failure | undefined;
  /** Called after each batch. */
  onWritten = () => {};
  readonly #folder: string;
  readonly #clock: Clock;
  #files: LogFiles | undefined;
  readonly #openLists = new Set<LineList>();
  /** Of a log of few lines, what its lists will begin with. */
  #early: Map<LineList, WordBuffer> | undefined;
  #nextLine: number;
  #end: number;
  #filling = emptyBatch();
  #spare: Batch | undefined = emptyBatch();
  #stuck: Batch | undefined;
  #writing: Promise<void> | undefined;
  #stopTimer: (() => void) | undefined;
  #isClosed = false;

  /** Goes on behind what repair found: so many lines, so many bytes of text. */
  constructor(folder: string, clock: Clock, lines: number, bytes: number) {
    this.#folder = folder;
    this.#clock = clock;
    this.#nextLine = this.lines = lines;
    this.#end = this.bytes = bytes;
    // Where there were lines, repair has made the lists.
    if (lines === 0) this.#early = new Map();
  }

  /** One line, without its line ending; `consumed` as in the index. */
  line(list: LineList, text: Uint8Array, at: number, consumed: number, flags = 0): void {
    const batch = this.#filling;
    const start = this.#roomForText(text.length + 1);
    batch.text.set(text, start);
    batch.text[start + text.length] = 0x0a;
    this.#end += text.length + 1;
    const place = batch.index.grow(RECORD_WORDS);
    putRecord(batch.index.words, place, this.#end, at, consumed, list.owner, flags);
    const numbers = this.#numbersOf(list);
    const entry = numbers.grow(1);
    numbers.words[entry] = this.#nextLine++;
    this.#schedule();
  }

  /** Whole lines as they came, the last byte a line ending; `consumed` is what came before them. */
  block(list: LineList, lines: Buffer, at: number, consumed: number): void {
    const batch = this.#filling;
    const start = this.#roomForText(lines.length);
    batch.text.set(lines, start);
    const numbers = this.#numbersOf(list);
    for (let end = lines.indexOf(0x0a) + 1; end > 0; end = lines.indexOf(0x0a, end) + 1) {
      const place = batch.index.grow(RECORD_WORDS);
      putRecord(batch.index.words, place, this.#end + end, at, consumed + end, list.owner, 0);
      const entry = numbers.grow(1);
      numbers.words[entry] = this.#nextLine++;
    }
    this.#end += lines.length;
    this.#schedule();
  }

  get hasRoom(): boolean {
    return this.#filling.textLength < ROOM_BYTES && this.#filling.index.length * 4 < ROOM_BYTES;
  }

  /** Resolves when there is room; rejects when the batch before cannot be written. */
  async room(): Promise<void> {
    while (!this.hasRoom) {
      if (this.failure) throw this.failure;
      // There is room as soon as a batch begins to be written, and one is being written at most.
      if (this.#writing) await this.#writing;
      else void this.#write();
    }
  }

  /** Resolves when all that was appended before is in the files; tries again what failed, and rejects where it fails again. */
  async flush(): Promise<void> {
    this.failure = undefined;
    const end = this.#end;
    while (this.bytes < end) {
      await this.#write();
      if (this.failure) throw this.failure;
    }
  }

  /** Gives back the file of a list that is not expected to grow soon. Call it after a flush. */
  async rest(list: LineList): Promise<void> {
    while (this.#writing) await this.#writing;
    this.#closeList(list);
  }

  /** Closes the files; what is not flushed is gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopTimer?.();
    while (this.#writing) await this.#writing;
    try {
      if (this.#stuck) this.#cutBack();
    } finally {
      const files = this.#files;
      this.#files = undefined;
      if (files !== undefined) for (const file of [files.text, files.index]) closeSync(file);
      for (const list of this.#openLists) this.#closeList(list);
    }
  }

  #closeList(list: LineList): void {
    this.#openLists.delete(list);
    const { handle } = list;
    list.handle = undefined;
    if (handle !== undefined) closeSync(handle);
  }

  /** Takes away what a failed try left behind the last record. Making a file shorter needs no room. */
  #cutBack(): void {
    for (const { handle, bytes } of this.#openLists) if (handle !== undefined) ftruncateSync(handle, bytes);
    if (this.#files === undefined) return;
    ftruncateSync(this.#files.index, this.lines * RECORD_BYTES);
    ftruncateSync(this.#files.text, this.bytes);
  }

  #roomForText(length: number): number {
    const batch = this.#filling;
    const start = batch.textLength;
    batch.textLength += length;
    if (batch.textLength > batch.text.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(batch.textLength, batch.text.length * 2));
      grown.set(batch.text.subarray(0, start));
      batch.text = grown;
    }
    return start;
  }

  #numbersOf(list: LineList): WordBuffer {
    let numbers = this.#filling.lists.get(list);
    if (numbers === undefined) {
      numbers = new WordBuffer(64);
      this.#filling.lists.set(list, numbers);
    }
    return numbers;
  }

  #schedule(): void {
    if (this.failure !== undefined || this.#isClosed) return;
    if (this.#filling.textLength >= BATCH_BYTES || this.#filling.index.length * 4 >= BATCH_BYTES) {
      void this.#write();
    } else if (this.#stopTimer === undefined) {
      this.#stopTimer = this.#clock.after(BATCH_MS, () => {
        this.#stopTimer = undefined;
        if (this.failure === undefined) void this.#write();
      });
    }
  }

  /** Writes one batch, or waits for the one that is being written. Never rejects: `failure` tells. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeBatch().finally(() => {
      this.#writing = undefined;
      this.onWritten();
      // What came meanwhile may be a whole batch already, and nobody else would start it.
      if (this.#filling.textLength > 0) this.#schedule();
    });
    return this.#writing;
  }

  async #writeBatch(): Promise<void> {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const batch = this.#stuck ?? this.#take();
    const lines = batch.index.length / RECORD_WORDS;
    // Not before there is something to write: many a run says nothing at all, and many say their first words together.
    if (this.#files === undefined) await turn();
    try {
      if (this.#files === undefined) {
        // Where forty runs a second come and go, ext4 takes up to four milliseconds to make one.
        makeLogFolder(this.#folder);
        await turn();
      }
      const { text, index } = (this.#files ??= openLog(this.#folder));
      if (this.lines + lines > FEW_LINES) await this.#beginLists();
      await writeAt(text, batch.text.subarray(0, batch.textLength), this.bytes);
      await writeAt(index, batch.index.bytes, this.lines * RECORD_BYTES);
      if (this.#early === undefined)
        for (const [list, numbers] of batch.lists) if (numbers.length > 0) await this.#writeList(list, numbers.bytes);
    } catch (error) {
      this.#stuck = batch;
      this.failure = failureOf(error, this.#folder);
      return;
    }
    this.#stuck = undefined;
    for (const [list, numbers] of batch.lists) {
      if (this.#early === undefined) list.bytes += numbers.length * ENTRY_BYTES;
      else this.#early.set(list, (this.#early.get(list) ?? new WordBuffer(numbers.length)).append(numbers));
      numbers.length = 0;
    }
    this.lines += lines;
    this.bytes += batch.textLength;
    this.#giveBack(batch);
  }

  /** Whoever sees more than a few lines in the index finds all those before them in lists. */
  async #beginLists(): Promise<void> {
    for (const [list, numbers] of this.#early ?? []) {
      await this.#writeList(list, numbers.bytes);
      // There may be hundreds, of attempts that ended.
      this.#closeList(list);
    }
    for (const [list, numbers] of this.#early ?? []) list.bytes = numbers.length * ENTRY_BYTES;
    this.#early = undefined;
  }

  async #writeList(list: LineList, bytes: Uint8Array): Promise<void> {
    if (list.handle === undefined) {
      await turn();
      const path = listPath(this.#folder, list.owner);
      list.handle = openSync(path, list.bytes === 0 ? 'w' : 'r+');
      this.#openLists.add(list);
    }
    await writeAt(list.handle, bytes, list.bytes);
  }

  #take(): Batch {
    const batch = this.#filling;
    this.#filling = this.#spare ?? emptyBatch();
    this.#spare = undefined;
    return batch;
  }

  #giveBack(batch: Batch): void {
    // One very long line need not be paid for ever after.
    if (batch.text.length > 4 * ROOM_BYTES) return;
    batch.textLength = 0;
    batch.index.length = 0;
    for (const list of batch.lists.keys()) if (list.handle === undefined) batch.lists.delete(list);
    this.#spare = batch;
  }
}

function emptyBatch(): Batch {
  return {
    text: Buffer.allocUnsafeSlow(FIRST_BYTES),
    textLength: 0,
    index: new WordBuffer(FIRST_BYTES / ENTRY_BYTES),
    lists: new Map(),
  };
}
