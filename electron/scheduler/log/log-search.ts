import { Worker } from 'node:worker_threads';
import type { LogSelection } from './log-slice.ts';
import type { ScanAnswer, ScanRequest } from './log-search-worker.ts';
import type { Found, LogQuery } from './scan-log.ts';

/** How long one search scans before it answers with what it has, so that a window can show progress and others have a turn. */
const SEARCH_MS = 500;
/** An error that is not found by then is of no use to whoever has opened the log meanwhile. */
const FIRST_ERROR_MS = 2_000;
/** Lines that a search gives at most. */
const LIMIT = 1_000;

export interface TextQuery {
  readonly text: string;
  readonly selection?: LogSelection;
  readonly isCaseSensitive?: boolean;
  readonly fromNumber?: number;
  readonly limit?: number;
}

interface Waiting {
  resolve(found: Found): void;
  reject(error: unknown): void;
}

/** Searches logs in a thread of its own, which is begun at the first search. One for all logs. */
export class LogSearch {
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #isClosed = false;

  /**
   * Numbers of the lines that contain a text, from a line on; any case unless it is said to matter. It scans for half a second
   * at most: `nextNumber` is where to go on, null at the log's end.
   */
  search(folder: string, query: TextQuery): Promise<Found> {
    return this.#scan(folder, {
      wanted: { kind: 'text', text: query.text, isCaseSensitive: query.isCaseSensitive ?? false },
      selection: query.selection ?? {},
      fromNumber: query.fromNumber ?? 0,
      limit: query.limit ?? LIMIT,
      budgetMs: SEARCH_MS,
    });
  }

  /** The first line of a task's output that looks like an error (line-matcher.ts says what does); Nightjar's own never do. */
  async firstError(folder: string, selection: LogSelection): Promise<number | null> {
    const query = { wanted: { kind: 'error' }, selection, fromNumber: 0, limit: 1, budgetMs: FIRST_ERROR_MS } as const;
    return (await this.#scan(folder, query)).numbers[0] ?? null;
  }

  /** Ends the thread; searches that it has not answered reject. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #scan(folder: string, query: LogQuery): Promise<Found> {
    if (this.#isClosed) return Promise.reject(new Error('The search is closed.'));
    this.#worker ??= this.#start();
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // It keeps a process alive for as long as somebody waits, as a read would.
      this.#worker!.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      this.#worker!.postMessage({ id, folder, query } satisfies ScanRequest);
    });
  }

  #start(): Worker {
    // Built code is JavaScript and has the worker as a file of its own beside it.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./log-search-worker.${extension}`, import.meta.url));
    worker.on('message', (answer: ScanAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) worker.unref();
      if ('found' in answer) waiting?.resolve(answer.found);
      else waiting?.reject(answer.error);
    });
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const waiting of this.#waiting.values()) waiting.reject(new Error('The search ended early.', { cause }));
      this.#waiting.clear();
    });
    return worker;
  }
}
