import type { Run } from '../api/api.ts';
import type { RunState } from '../api/words.ts';

/** A change that is worth a notification. */
export interface Announcement {
  readonly kind: 'failed' | 'recovered';
  readonly title: string;
}

/** States that say how a job is; a cancelled, interrupted or skipped run says nothing of it. */
export const TELLING_STATES = ['succeeded', 'failed', 'timed-out'] as const satisfies readonly RunState[];
/** As many runs before as are looked at; beyond it "more than". */
export const RUNS_BEFORE = 50;

/**
 * What to say of a run that has ended: only a change is said, that is a failure that is the job's first or comes after a success,
 * and the first success after a failure. `before` has the states of the job's runs before it that say something, newest first.
 */
export function announcementOf(
  run: Pick<Run, 'state'>,
  name: string,
  before: readonly RunState[],
): Announcement | undefined {
  const wasGood = before[0] === undefined || before[0] === 'succeeded';
  switch (run.state) {
    case 'failed':
    case 'timed-out': {
      if (!wasGood) return undefined;
      const verb = run.state === 'failed' ? 'failed' : 'timed out';
      return { kind: 'failed', title: `${name} ${verb}${afterSuccesses(before)}` };
    }
    case 'succeeded':
      return wasGood ? undefined : { kind: 'recovered', title: `${name} recovered` };
    case 'queued':
    case 'running':
    case 'cancelled':
    case 'interrupted':
    case 'skipped':
      return undefined;
    default:
      return run.state satisfies never;
  }
}

function afterSuccesses(before: readonly RunState[]): string {
  const failure = before.findIndex((state) => state !== 'succeeded');
  const count = failure === -1 ? before.length : failure;
  if (count < 2) return '';
  return ` after ${count >= RUNS_BEFORE ? `more than ${RUNS_BEFORE - 1}` : count} successes`;
}
