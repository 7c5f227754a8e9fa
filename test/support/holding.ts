import { expect, vi } from 'vitest';
import type { Script } from './scripted-executor.ts';

const SOON = { timeout: 15_000, interval: 5 };

/** Holds every task until the test ends it, in the order in which they began. */
export function holding() {
  const ends: (() => void)[] = [];
  let began = 0;
  let isOver = false;
  return {
    script: ((execution) =>
      new Promise((resolve) => {
        began += 1;
        const end = (): void => resolve({ kind: 'exited', exitCode: 0 });
        if (isOver) end();
        else ends.push(end);
        const stop = (): void => resolve({ kind: 'stopped', exitCode: 143 });
        execution.signal.addEventListener('abort', stop);
        // It may have been told before it began, as a real executor may.
        if (execution.signal.aborted) stop();
      })) satisfies Script,
    /** Resolves when so many tasks have begun, all in all. */
    began: (count: number) => vi.waitFor(() => expect(began).toBeGreaterThanOrEqual(count), SOON),
    /** Ends the one that began first. */
    endOne: async () => {
      await vi.waitFor(() => expect(ends.length).toBeGreaterThan(0), SOON);
      ends.shift()?.();
    },
    /** Ends all, and those that are still to begin. */
    endAll: () => {
      isOver = true;
      ends.splice(0).forEach((end) => end());
    },
  };
}
