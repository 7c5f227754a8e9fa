import type { TaskState } from '../../api/words.ts';
import type { Outcome } from '../executor/executor.ts';
import type { JobDefinition, TaskDefinition } from '../job-file/definition.ts';

/** How long a container stays for a look inside (product.md, `keep_container`). */
export const KEPT_FOR_MS = 3_600_000;

/**
 * Until when the container of a task that has ended stays; null: it is removed at once. What was cancelled or cut off did not
 * fail, and what never ran has nothing to look at.
 */
export function keptUntil(
  keep: JobDefinition['keepContainer'],
  { executor }: Pick<TaskDefinition, 'executor'>,
  state: TaskState,
  outcome: Outcome,
  now: number,
): number | null {
  if (executor !== 'docker' || outcome.kind === 'could-not-start' || outcome.kind === 'lost') return null;
  const isWanted =
    keep === 'on-failure'
      ? state === 'failed' || state === 'timed-out'
      : keep === 'always' && state !== 'cancelled' && state !== 'interrupted';
  return isWanted ? now + KEPT_FOR_MS : null;
}
