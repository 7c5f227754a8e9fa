import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../store/open-database.ts';
import { createStoreWork, type StoreWork } from './store-work.ts';

export interface ThreadData {
  readonly database: string;
  readonly dataFolder: string;
}

/** A call of a method of StoreWork by its name. */
export interface ThreadRequest {
  readonly id: number;
  readonly method: keyof StoreWork;
  readonly input: unknown;
}

export type ThreadAnswer = { readonly id: number } & ({ readonly output: unknown } | { readonly error: unknown });

/** The thread with a connection of its own. It ends by itself when it is told to; what has begun is answered before. */
const { database, dataFolder } = workerData as ThreadData;
const port = parentPort!;
const db = openDatabase(database);
// It checkpoints when it is told to, never within a write that others wait for.
db.pragma('wal_autocheckpoint = 0');
let isEnding = false;
const work = createStoreWork(db, dataFolder, { isStopping: () => isEnding, isApart: true });
const running = new Set<Promise<void>>();

port.on('message', (request: ThreadRequest | 'end') => {
  if (request === 'end') {
    isEnding = true;
    void end();
    return;
  }
  const answered = answer(request).finally(() => running.delete(answered));
  running.add(answered);
});

async function end(): Promise<void> {
  await Promise.all(running);
  db.close();
  port.close();
}

async function answer({ id, method, input }: ThreadRequest): Promise<void> {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  const post = (message: ThreadAnswer) => port.postMessage(message);
  try {
    post({ id, output: await (work[method] as (input: unknown) => Promise<unknown>)(input) });
  } catch (error) {
    post({ id, error });
  }
}
