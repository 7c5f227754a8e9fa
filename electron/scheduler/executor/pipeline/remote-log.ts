import type { RemoteBook, TaskLog } from '../executor.ts';
import type { RemoteLogBody } from './service.ts';

/** Bytes of one line, less than a log's own longest line with a job's name before it; what is longer is split. */
const LONGEST_LINE = 512 * 1024;
/** Bytes that are written at once. */
const BATCH_BYTES = 64 * 1024;
const LF = 0x0a;

interface Position {
  /** Of the job's log: the first byte of the first line that is not in the task's log. */
  at: number;
  /** Bytes of what is made of it from there on that are in the task's log already, after a crash. */
  skip: number;
}

/**
 * Puts the logs of a pipeline's jobs into the log of their task, line by line, each with the name of its job before it.
 *
 * Which bytes of the task's log are which of a job's is stored before they are written. After a crash the task's log is the truth:
 * what is in it is found in the jobs' logs by making the same lines again, so nothing is lost and nothing comes twice.
 */
export class RemoteLog {
  readonly #log: TaskLog;
  readonly #book: RemoteBook;
  readonly #clean: (line: string) => string | undefined;
  readonly #positions = new Map<string, Position>();
  #last: string | undefined;
  /** Of the task's stdout. */
  #written: number;

  constructor(log: TaskLog, book: RemoteBook, clean: (line: string) => string | undefined) {
    this.#log = log;
    this.#book = book;
    this.#clean = clean;
    this.#written = log.consumed('stdout');
    book.dropPieces(this.#written);
    const pieces = book.pieces();
    for (const [index, { logFrom, jobId, traceFrom }] of pieces.entries()) {
      const end = pieces[index + 1]?.logFrom ?? this.#written;
      this.#positions.set(jobId, { at: traceFrom, skip: end - logFrom });
      this.#last = jobId;
    }
  }

  /** From which byte a job's log is to be read next. */
  positionOf(jobId: string): number {
    return this.#position(jobId).at;
  }

  /**
   * Takes what is new of a job's log. An unfinished last line stays for the next time, unless the log `isWhole`. What was taken
   * before something is thrown stays taken.
   */
  async take(
    job: { readonly id: string; readonly name: string },
    body: RemoteLogBody,
    isWhole: boolean,
  ): Promise<void> {
    const position = this.#position(job.id);
    const prefix = Buffer.from(`[${job.name}] `);
    let batch: Buffer[] = [];
    let batchBytes = 0;
    let batchFrom = position.at;
    /** Of the trace, behind the last line that was looked at. */
    let lookedAt = position.at;

    const flush = async (): Promise<void> => {
      if (batchBytes > 0) {
        if (this.#last !== job.id) {
          this.#book.addPiece({ logFrom: this.#written, jobId: job.id, traceFrom: batchFrom });
          this.#last = job.id;
        }
        await this.#log.write('stdout', Buffer.concat(batch));
        this.#written += batchBytes;
      }
      position.at = lookedAt;
      batch = [];
      batchBytes = 0;
    };
    const line = async (raw: Buffer, taken: number): Promise<void> => {
      const from = lookedAt;
      lookedAt += taken;
      const text = this.#clean(raw.toString('latin1').replace(/\r$/, ''));
      if (text === undefined) return;
      const made = Buffer.concat([prefix, Buffer.from(text, 'latin1'), Buffer.of(LF)]);
      if (position.skip > 0) {
        position.skip = Math.max(0, position.skip - made.length);
        return;
      }
      if (batchBytes === 0) batchFrom = from;
      batch.push(made);
      batchBytes += made.length;
      if (batchBytes >= BATCH_BYTES) await flush();
    };

    let known = position.at - body.from;
    let open = Buffer.alloc(0);
    for await (const chunk of body.bytes) {
      const drop = Math.min(known, chunk.length);
      known -= drop;
      if (drop === chunk.length) continue;
      const bytes = Buffer.concat([open, chunk.subarray(drop)]);
      let start = 0;
      for (;;) {
        const end = bytes.indexOf(LF, start);
        const length = end < 0 ? bytes.length - start : end - start;
        if (length > LONGEST_LINE) {
          await line(bytes.subarray(start, start + LONGEST_LINE), LONGEST_LINE);
          start += LONGEST_LINE;
        } else if (end >= 0) {
          await line(bytes.subarray(start, end), length + 1);
          start = end + 1;
        } else break;
      }
      open = Buffer.from(bytes.subarray(start));
      await flush();
    }
    if (isWhole && open.length > 0) await line(open, open.length);
    await flush();
  }

  #position(jobId: string): Position {
    let position = this.#positions.get(jobId);
    if (position === undefined) {
      position = { at: 0, skip: 0 };
      this.#positions.set(jobId, position);
    }
    return position;
  }
}
