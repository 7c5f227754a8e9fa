import type { Outcome } from '../executor/executor.ts';
import type { TaskResult } from './run-context.ts';
import { stateOfStop, stopReasonOf, wordsOfStop } from './stop-reason.ts';

/** How one attempt of a task ended, as it is stored. */
export type AttemptEnd = Omit<TaskResult, 'name' | 'isAllowedToFail'>;

/** What an executor's outcome means for the task; undefined: it outlived its scheduler and could not be gone on with. */
export function endOf(outcome: Outcome | undefined, signal: AbortSignal): AttemptEnd {
  if (outcome === undefined) {
    return {
      state: 'interrupted',
      reason: 'Nightjar ended while it ran; what was left of it was stopped',
      exitCode: null,
    };
  }
  switch (outcome.kind) {
    case 'exited':
      if (outcome.exitCode === 0) return { state: 'succeeded', reason: null, exitCode: 0 };
      if (signal.aborted) return endOfStop(signal, outcome.exitCode);
      return { state: 'failed', reason: outcome.reason ?? `exit ${outcome.exitCode}`, exitCode: outcome.exitCode };
    case 'out-of-memory':
      if (signal.aborted) return endOfStop(signal, outcome.exitCode);
      return {
        state: 'failed',
        reason: outcome.limit === null ? 'out of memory' : `out of memory at ${writeSize(outcome.limit)}`,
        exitCode: outcome.exitCode,
      };
    case 'stopped':
      return endOfStop(signal, outcome.exitCode);
    case 'could-not-start':
      return { state: 'failed', reason: `could not start: ${outcome.reason.replace(/\.$/, '')}`, exitCode: null };
    case 'lost':
      return { state: 'failed', reason: outcome.reason, exitCode: null };
    default:
      return outcome satisfies never;
  }
}

/** Of a task that was stopped, by whoever aborted. */
export function endOfStop(signal: AbortSignal, exitCode: number | null): AttemptEnd {
  const reason = stopReasonOf(signal);
  if (reason === undefined) return { state: 'failed', reason: 'stopped from outside Nightjar', exitCode };
  return { state: stateOfStop(reason), reason: wordsOfStop(reason), exitCode };
}

function writeSize(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['KB', 1e3],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes} bytes`;
}
