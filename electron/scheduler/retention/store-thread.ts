import { Worker } from 'node:worker_threads';
import type { StoreWork } from './store-work.ts';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './store-worker.ts';

/** A thread costs tens of MB: it ends when nobody has asked it for anything for so long. */
const IDLE_MS = 30_000;

interface Waiting {
  resolve(output: never): void;
  reject(error: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/** The long work on a data folder in a thread of its own, which begins at the first call and ends when it is not needed. */
export class StoreThread implements StoreWork {
  readonly #data: ThreadData;
  readonly #ending = new Set<Promise<void>>();
  #thread: Thread | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(data: ThreadData) {
    this.#data = data;
  }

  retain: StoreWork['retain'] = (input) => this.#call('retain', input);
  removeHistory: StoreWork['removeHistory'] = (input) => this.#call('removeHistory', input);
  measure: StoreWork['measure'] = () => this.#call('measure', undefined);
  tidy: StoreWork['tidy'] = (input) => this.#call('tidy', input);
  overview: StoreWork['overview'] = (input) => this.#call('overview', input);
  sizesIn: StoreWork['sizesIn'] = (input) => this.#call('sizesIn', input);
  checkpoint: StoreWork['checkpoint'] = () => this.#call('checkpoint', undefined);

  /** Resolves when what was asked is answered and the thread and its connection are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#end();
    await Promise.all(this.#ending);
  }

  #call<T>(method: keyof StoreWork, input: unknown): Promise<T> {
    if (this.#isClosed) return Promise.reject(new Error('The thread of the store is closed.'));
    clearTimeout(this.#idleTimer);
    const { worker, waiting } = (this.#thread ??= this.#start());
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage({ id, method, input } satisfies ThreadRequest);
    });
  }

  #end(): void {
    clearTimeout(this.#idleTimer);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#thread?.worker.postMessage('end');
    this.#thread = undefined;
  }

  #start(): Thread {
    // Built code is JavaScript and has the worker as a file of its own beside it.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./store-worker.${extension}`, import.meta.url), { workerData: this.#data });
    const waiting: Thread['waiting'] = new Map();
    worker.on('message', (answer: ThreadAnswer) => {
      const asker = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0 && this.#thread?.worker === worker) {
        this.#idleTimer = setTimeout(() => this.#end(), IDLE_MS);
        this.#idleTimer.unref();
      }
      if ('output' in answer) asker?.resolve(answer.output as never);
      else asker?.reject(answer.error);
    });
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    const ended = new Promise<void>((resolve) => {
      worker.on('exit', () => {
        if (this.#thread?.worker === worker) this.#thread = undefined;
        for (const asker of waiting.values())
          asker.reject(new Error('The thread of the store ended early.', { cause }));
        this.#ending.delete(ended);
        resolve();
      });
    });
    this.#ending.add(ended);
    return { worker, waiting };
  }
}
