import type { Clock } from '../clock.ts';
import type { LogStream } from '../../api/words.ts';
import type { OutputStream, TaskLog } from '../executor/executor.ts';
import { LineList, LogAppender } from './log-appender.ts';
import { failureOf } from './log-files.ts';
import { repairLog } from './log-repair.ts';
import type { LiveLog } from './live-log.ts';
import type { LogLine } from './log-slice.ts';
import { Mask } from './mask.ts';
import { StreamLines } from './stream-lines.ts';

/** After how long an unfinished line is shown: a line that is simply slow to arrive must not flicker (product.md, Logs). */
const UNFINISHED_MS = 200;
const DONE = Promise.resolve();

export interface LogWriterOptions {
  readonly clock: Clock;
  /** Values to be masked; see `Mask`. */
  readonly secrets?: readonly string[];
}

/**
 * Writes the log of one run; there is one writer at a time. What attempts write becomes lines in the order of arrival.
 *
 * Lines are appended in memory and written in batches, every 10 ms while there are some. A crash of the process loses at most
 * what no batch has written yet, and knows that: `consumed` of a writer that is opened then says from where on a stream is to be
 * read again. `flush` is a promise that all so far is in the files.
 */
export class LogWriter implements LiveLog {
  readonly #clock: Clock;
  readonly #folder: string;
  readonly #mask: Mask | null;
  readonly #appender: LogAppender;
  readonly #streams = new Map<string, StreamLines>();
  readonly #listeners = new Set<(lines: number) => void>();
  #stopTimer: (() => void) | undefined;
  #toldLines: number;
  #closed: Promise<void> | undefined;

  private constructor(folder: string, appender: LogAppender, options: LogWriterOptions) {
    this.#folder = folder;
    this.#clock = options.clock;
    this.#mask = Mask.of(options.secrets ?? []);
    this.#appender = appender;
    this.#toldLines = appender.lines;
    appender.onWritten = () => this.#tellGrown();
  }

  /**
   * Begins the log in this folder, or goes on with the one that is there, made sound where a crash left it unsound.
   * Throws a Failure, `disk-full` or `log-not-writable`.
   */
  static async open(folder: string, options: LogWriterOptions): Promise<LogWriter> {
    try {
      const sound = await repairLog(folder);
      const appender = new LogAppender(folder, options.clock, sound.lines, sound.bytes);
      const writer = new LogWriter(folder, appender, options);
      for (const { consumed, bytes, ...owner } of sound.lists) writer.#add(new LineList(owner, bytes), consumed);
      return writer;
    } catch (error) {
      const isOfTheSystem = error instanceof Error && 'errno' in error;
      throw isOfTheSystem ? failureOf(error, folder) : error;
    }
  }

  /** Finished lines in the files. */
  get lines(): number {
    return this.#appender.lines;
  }

  /** Of text, in the files. */
  get bytes(): number {
    return this.#appender.bytes;
  }

  /**
   * The same attempt may be asked for again and goes on. `consumed` is where its stream is to be read from next: everything
   * taken so far while this writer lives; after it has been opened anew, what finished and stored lines took.
   */
  taskLog(taskRunId: number): TaskLog {
    return {
      write: (stream, bytes) => this.#write(taskRunId, stream, bytes),
      note: (text) => this.note(taskRunId, text),
      consumed: (stream) => this.#stream(taskRunId, stream).consumed,
    };
  }

  /** Nightjar's own words, a line each; 0 for what concerns the run as a whole. */
  note(taskRunId: number, text: string): void {
    const lines = text.endsWith('\n') ? text : `${text}\n`;
    this.#stream(taskRunId, 'nightjar').push(Buffer.from(lines), this.#clock.now());
  }

  /**
   * The attempt has ended: finishes what it left unfinished. Resolves when its log is in the files; rejects with the Failure
   * `disk-full` where it cannot be.
   */
  async endAttempt(taskRunId: number): Promise<void> {
    const streams = [...this.#streams.values()].filter((stream) => stream.list.owner.taskRunId === taskRunId);
    for (const stream of streams) stream.finish(this.#clock.now());
    await this.flush();
    for (const stream of streams) await this.#appender.rest(stream.list);
  }

  /** Lines that have begun and not ended for 200 ms, masked like any other. */
  unfinished(): Omit<LogLine, 'number' | 'isContinued'>[] {
    const now = this.#clock.now();
    return [...this.#streams.values()]
      .filter((stream) => stream.hasOpenLine && this.#isShown(stream, now))
      .map((stream) => ({ at: stream.openSinceAt, ...stream.list.owner, text: stream.shown() }));
  }

  /** Told the number of lines after each batch, and when an unfinished line is to be shown; returns how to stop. */
  onGrew(listener: (lines: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when all finished lines are in the files; tries again what a full disk kept back, and rejects where it still does. */
  async flush(): Promise<void> {
    if (this.#closed) return this.#closed;
    await this.#appender.flush();
  }

  /**
   * Finishes all lines, writes what is left and closes the files. Rejects with the Failure `disk-full` where the last lines
   * could not be written; the files are closed and agree with each other then too.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopTimer?.();
    for (const stream of this.#streams.values()) stream.finish(this.#clock.now());
    try {
      await this.#appender.flush();
    } finally {
      await this.#appender.close();
      this.#listeners.clear();
    }
  }

  #write(taskRunId: number, stream: OutputStream, bytes: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.reject(new Error(`The log in ${this.#folder} is closed.`));
    if (this.#appender.failure) return Promise.reject(this.#appender.failure);
    const lines = this.#stream(taskRunId, stream);
    lines.push(bytes, this.#clock.now());
    if (lines.hasOpenLine) this.#showUnfinishedLater();
    return this.#appender.hasRoom ? DONE : this.#appender.room();
  }

  #stream(taskRunId: number, stream: LogStream): StreamLines {
    return this.#streams.get(`${taskRunId}.${stream}`) ?? this.#add(new LineList({ taskRunId, stream }, 0), 0);
  }

  #add(list: LineList, consumed: number): StreamLines {
    const stream = new StreamLines(this.#appender, list, this.#mask, consumed);
    this.#streams.set(`${list.owner.taskRunId}.${list.owner.stream}`, stream);
    return stream;
  }

  #isShown(stream: StreamLines, now: number): boolean {
    // A clock that was set back says nothing about how long the line is open; showing it then harms nobody.
    return now < stream.openSinceAt || now - stream.openSinceAt >= UNFINISHED_MS;
  }

  #showUnfinishedLater(): void {
    this.#stopTimer ??= this.#clock.after(UNFINISHED_MS, () => {
      this.#stopTimer = undefined;
      const now = this.#clock.now();
      const open = [...this.#streams.values()].filter((stream) => stream.hasOpenLine);
      if (open.some((stream) => this.#isShown(stream, now))) this.#tell();
      if (open.some((stream) => !this.#isShown(stream, now))) this.#showUnfinishedLater();
    });
  }

  #tellGrown(): void {
    if (this.#appender.lines === this.#toldLines) return;
    this.#toldLines = this.#appender.lines;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.#appender.lines);
  }
}
