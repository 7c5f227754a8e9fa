import type { OutputStream, TaskLog } from '../../electron/scheduler/executor/executor.ts';

/** A task's log that is kept in memory, or only counted and checked where it is large. */
export class CollectedLog implements TaskLog {
  readonly notes: string[] = [];
  readonly #chunks: { stream: OutputStream; bytes: Uint8Array }[] = [];
  readonly #counts: Record<OutputStream, number>;
  readonly #onWrite: ((stream: OutputStream, bytes: Uint8Array) => void | Promise<void>) | undefined;
  readonly #waiting = new Set<{ isMet: () => boolean; resolve: () => void }>();

  constructor(
    options: {
      /** Takes the bytes in the log's place; may wait, may throw. */
      onWrite?: (stream: OutputStream, bytes: Uint8Array) => void | Promise<void>;
      /** What a log before this one had of each stream. */
      consumed?: Partial<Record<OutputStream, number>>;
    } = {},
  ) {
    this.#onWrite = options.onWrite;
    this.#counts = { stdout: 0, stderr: 0, ...options.consumed };
  }

  async write(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    if (this.#onWrite === undefined) this.#chunks.push({ stream, bytes: Uint8Array.from(bytes) });
    else await this.#onWrite(stream, bytes);
    this.#counts[stream] += bytes.length;
    this.#wake();
  }

  note(text: string): void {
    this.notes.push(text);
    this.#wake();
  }

  consumed(stream: OutputStream): number {
    return this.#counts[stream];
  }

  bytes(stream: OutputStream): Buffer {
    return Buffer.concat(this.#chunks.filter((chunk) => chunk.stream === stream).map(({ bytes }) => bytes));
  }

  text(stream: OutputStream): string {
    return this.bytes(stream).toString();
  }

  /** Resolves as soon as what is in the log meets the condition; rejects after `limitMs`. */
  until(isMet: (log: CollectedLog) => boolean, limitMs = 30_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(new Error(`not in the log after ${limitMs} ms; stdout ends with ${this.text('stdout').slice(-200)}`));
      }, limitMs);
      const waiting = {
        isMet: () => isMet(this),
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiting.add(waiting);
      this.#wake();
    });
  }

  #wake(): void {
    for (const waiting of this.#waiting) {
      if (!waiting.isMet()) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }
}
