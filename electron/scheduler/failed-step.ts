import type { RunState } from '../api/words.ts';
import { Failure } from './failure.ts';
import type { JobDefinition } from './job-file/definition.ts';
import { isFine } from './run/run-context.ts';
import type { RunRecord } from './store/run-record.ts';
import type { TaskRunRecord } from './store/task-run-store.ts';

const MAY_GO_ON: ReadonlySet<RunState> = new Set(['failed', 'timed-out', 'cancelled', 'interrupted']);

/** A task attempt that counts as done in a run from the failed step, and the words for that. */
export interface Taken {
  readonly id: number;
  readonly reason: string;
}

/**
 * What a new run of the same definition need not do again: the tasks of all groups before the first that did not end well.
 * Failure `nothing-failed` where no group failed. Pure.
 *
 * @param rows all task attempts of the run
 */
export function beforeFailedStep(run: RunRecord, definition: JobDefinition, rows: readonly TaskRunRecord[]): Taken[] {
  const name = `${run.job}#${run.number}`;
  if (!MAY_GO_ON.has(run.state)) {
    throw new Failure('nothing-failed', `${name} is ${run.state}: there is no failed step to go on from.`);
  }
  const steps = rows.filter(({ part }) => part === 'step');
  // A run that was cancelled while it waited for its next attempt has no rows of that one.
  const newest = Math.max(...steps.map(({ runAttempt }) => runAttempt));
  const done: Taken[] = [];
  for (const [groupIndex, group] of definition.steps.entries()) {
    const last = group.tasks.map((_, taskIndex) =>
      steps
        .filter((row) => row.runAttempt === newest && row.groupIndex === groupIndex && row.taskIndex === taskIndex)
        .reduce<TaskRunRecord | undefined>((a, b) => (a === undefined || b.attempt > a.attempt ? b : a), undefined),
    );
    const isDone = last.every((row, index) => {
      if (row === undefined || row.state === 'waiting' || row.state === 'running') return false;
      return isFine({ ...row, state: row.state, isAllowedToFail: group.tasks[index]!.allowFailure });
    });
    if (!isDone) return done;
    done.push(...last.map((row) => ({ id: row!.id, reason: origin(row!, name) })));
  }
  throw new Failure(
    'nothing-failed',
    `All steps of ${name} ended well, so there is no failed one to go on from. Run it again from the start.`,
  );
}

function origin(row: TaskRunRecord, name: string): string {
  // It was taken over itself: then it says where from.
  if (row.state === 'succeeded' && row.startedAt === null && row.reason !== null) return row.reason;
  return row.state === 'succeeded'
    ? `taken from ${name}`
    : `taken from ${name}, where it was allowed to fail (${row.reason ?? row.state})`;
}
