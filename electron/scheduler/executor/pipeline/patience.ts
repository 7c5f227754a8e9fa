import type { Clock } from '../../clock.ts';
import { serviceErrorIn, type ServiceError } from './service-error.ts';

/** No timer is longer, because a machine sleeps (product.md, Tick). */
const LONGEST_TIMER_MS = 30_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** A service that names a day is asked earlier all the same: limits are lifted, and clocks are wrong. */
const LONGEST_ASKED_MS = 3_600_000;

export interface PatienceOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told once, when it begins to fail, and once when it goes again. */
  note(text: string): void;
  explain(thrown: unknown): string;
  readonly name: string;
  /** What may help itself; left out: what a ServiceError says. */
  readonly isPassing?: (error: ServiceError) => boolean;
  /** How long is waited in all before giving up, in milliseconds; left out: as long as nobody aborts. */
  readonly limitMs?: number;
}

/**
 * Asks until there is an answer: what passes by itself (a lost network, a restart, a rate limit) is waited for, however long a laptop
 * sleeps. Throws what does not pass, and what did not within the limit; with the signal's reason where that aborts.
 */
export async function patiently<T>(ask: () => Promise<T>, options: PatienceOptions): Promise<T> {
  const { clock, signal, note, name, limitMs = Infinity, isPassing = (error) => error.isPassing } = options;
  let waited = 0;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    signal.throwIfAborted();
    try {
      const answer = await ask();
      if (waited > 0) note(`${name} answers again.`);
      return answer;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = serviceErrorIn(thrown);
      if (error === undefined || !isPassing(error) || waited >= limitMs) throw thrown;
      if (waited === 0) note(`${options.explain(thrown)} Nightjar asks again until it answers.`);
      const ms = Math.min(Math.max(wait, error.retryAfterMs ?? 0), LONGEST_ASKED_MS, limitMs - waited);
      await pause(clock, ms, signal);
      waited += Math.max(ms, 1);
    }
  }
}

/** Resolves after `ms`, measured by whichever of wall clock and elapsed time is first, or when the signal aborts. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const until = clock.now() + ms;
  for (let left = ms; left > 0 && clock.now() < until && !signal.aborted;) {
    const slice = Math.min(left, LONGEST_TIMER_MS);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        takeBack();
        resolve();
      };
      const takeBack = clock.after(slice, done);
      signal.addEventListener('abort', done, { once: true });
    });
    left -= slice;
  }
}

/** As the promise, or rejects with the signal's reason as soon as that aborts: for a question whose answer nobody then wants. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
