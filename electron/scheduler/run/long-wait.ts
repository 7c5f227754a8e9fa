import type { Clock } from '../clock.ts';

/** The longest that a timer of Node can wait, 24.8 days; one that is longer fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** As `clock.after`, for durations that a user wrote, which may be months. */
export function afterLong(clock: Clock, ms: number, callback: () => void): () => void {
  let takeBack = (): void => {};
  const wait = (left: number): void => {
    takeBack = clock.after(Math.min(left, LONGEST_MS), () =>
      left > LONGEST_MS ? wait(left - LONGEST_MS) : callback(),
    );
  };
  wait(ms);
  return () => takeBack();
}
