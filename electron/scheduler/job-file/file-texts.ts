import { Worker } from 'node:worker_threads';
import { readText, type FileSays } from './file-text.ts';
import type { FoundFile } from './scan-home.ts';

/** A batch is parsed while the next one is read. */
const BATCH = 64;
/** Starting a thread takes as long as reading so many files. */
const WORTH_A_THREAD = 1_000;

/**
 * What many files say, in batches, in their order. Thousands of them are read by a thread of their own: it costs a tenth. Until the thread
 * is there the first ones are read here.
 */
export async function* readTexts(
  folder: string,
  files: readonly FoundFile[],
): AsyncGenerator<readonly (readonly [FoundFile, FileSays])[], void, undefined> {
  const thread = files.length >= WORTH_A_THREAD ? new TextThread(folder) : undefined;
  const read = (batch: readonly FoundFile[]): Promise<readonly FileSays[]> =>
    thread?.isThere ? thread.read(batch) : Promise.all(batch.map((file) => readText(folder, file)));
  try {
    let next = read(files.slice(0, BATCH));
    for (let from = 0; from < files.length; from += BATCH) {
      const says = await next;
      next = read(files.slice(from + BATCH, from + 2 * BATCH));
      // Who stops in between hears nothing of it any more.
      next.catch(() => {});
      yield files.slice(from, from + BATCH).map((file, index) => [file, says[index] ?? null] as const);
    }
  } finally {
    await thread?.end();
  }
}

class TextThread {
  readonly #worker: Worker;
  readonly #asked: PromiseWithResolvers<readonly FileSays[]>[] = [];
  #error: unknown;
  #isThere = false;

  constructor(folder: string) {
    // Built code is JavaScript and has the worker as a file of its own beside it.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./file-text-worker.${extension}`, import.meta.url), { workerData: folder });
    this.#worker.once('message', () => {
      this.#isThere = true;
      this.#worker.on('message', (says: readonly FileSays[]) => this.#asked.shift()?.resolve(says));
    });
    this.#worker.on('error', (error) => (this.#error = error));
    this.#worker.on('exit', () => {
      this.#isThere = false;
      const error = new Error('The thread that reads job files ended early.', { cause: this.#error });
      for (const { reject } of this.#asked.splice(0)) reject(error);
    });
  }

  get isThere(): boolean {
    return this.#isThere;
  }

  read(files: readonly FoundFile[]): Promise<readonly FileSays[]> {
    const asked = Promise.withResolvers<readonly FileSays[]>();
    this.#asked.push(asked);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(files);
    return asked.promise;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
