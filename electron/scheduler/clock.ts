/**
 * Time as a port, so that tests can close the lid: the wall clock jumps and timers do not.
 *
 * `now` is the wall clock in epoch milliseconds; it decides what is due. `after` waits elapsed time and only wakes us up to
 * look at the wall clock again; nothing is decided by the length of a wait.
 */
export interface Clock {
  now(): number;
  /** Calls back once after `ms` milliseconds of elapsed time; the returned function takes it back. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
