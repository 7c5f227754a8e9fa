import { Worker } from 'node:worker_threads';
import type { KeyringAnswer, KeyringRequest } from './keyring-worker.ts';

/** The system's keyring, as far as secrets need it. What rejects is an Error with the system's words and no value in them. */
export interface Keyring {
  /** Does all of it in order; a value, or null, for each. `limitMs` is how long it may take. */
  ask(requests: readonly KeyringRequest[], limitMs: number): Promise<readonly (string | null)[]>;
}

const NO_ANSWER = 'it does not answer';

/**
 * The keyring of the account: Keychain, Credential Manager, or the Secret Service of a Linux desktop.
 *
 * Its library blocks the thread that calls it for as long as the system likes (a prompt that nobody answers, a message bus that
 * hangs: for ever, tried), so each question gets a thread of its own. One at a time: a thread that hangs is left behind, and no
 * other is begun before it has ended.
 */
export class SystemKeyring implements Keyring {
  #last: Promise<unknown> = Promise.resolve();
  #hanging: Worker | undefined;

  ask(requests: readonly KeyringRequest[], limitMs: number): Promise<readonly (string | null)[]> {
    const answer = this.#last.then(() => this.#askNow(requests, limitMs));
    this.#last = answer.catch(() => {});
    return answer;
  }

  #askNow(requests: readonly KeyringRequest[], limitMs: number): Promise<readonly (string | null)[]> {
    if (this.#hanging !== undefined) return Promise.reject(new Error(NO_ANSWER));
    return new Promise((resolve, reject) => {
      // Built code is JavaScript and has the worker as a file of its own beside it.
      const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
      const worker = new Worker(new URL(`./keyring-worker.${extension}`, import.meta.url), { workerData: requests });
      const limit = setTimeout(() => {
        this.#leave(worker);
        reject(new Error(NO_ANSWER));
      }, limitMs);
      worker.once('message', (answer: KeyringAnswer) => {
        if ('values' in answer) resolve(answer.values);
        else reject(new Error(answer.error));
      });
      worker.once('error', reject);
      worker.once('exit', () => {
        clearTimeout(limit);
        reject(new Error('it ended without an answer'));
      });
    });
  }

  /** A process that ends waits for its threads, and this one may never end: then the process is ended by force, its work done. */
  #leave(worker: Worker): void {
    this.#hanging = worker;
    const end = (): void => void process.kill(process.pid, 'SIGKILL');
    process.once('exit', end);
    worker.unref();
    worker.once('exit', () => {
      process.removeListener('exit', end);
      this.#hanging = undefined;
    });
  }
}
