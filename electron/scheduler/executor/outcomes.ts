import type { Outcome } from './executor.ts';

/** It was stopped before anything ran, or nobody can know its exit code any more. */
export const STOPPED: Outcome = { kind: 'stopped', exitCode: null };

/** `reason` is a sentence that says what to do. */
export function couldNotStart(reason: string): Outcome {
  return { kind: 'could-not-start', reason };
}
