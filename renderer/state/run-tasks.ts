import type { RunDetail, TaskRun } from '../../electron/api/api.ts';

/** A task of a run with all its attempts, over all attempts of the run. */
export interface TaskRow {
  readonly key: string;
  readonly name: string;
  readonly group: string;
  readonly groupIndex: number;
  readonly part: TaskRun['part'];
  /** In the order in which they ran. */
  readonly attempts: readonly TaskRun[];
  /** The newest attempt: what is true now. */
  readonly last: TaskRun;
}

/** The tasks in the order of the definition, steps first. */
export function taskRows(tasks: readonly TaskRun[]): TaskRow[] {
  const byKey = new Map<string, TaskRun[]>();
  for (const task of tasks) {
    const key = `${task.part}/${task.groupIndex}/${task.name}`;
    byKey.set(key, [...(byKey.get(key) ?? []), task]);
  }
  return [...byKey].map(([key, found]) => {
    const attempts = found.sort((a, b) => a.runAttempt - b.runAttempt || a.attempt - b.attempt);
    const last = attempts.at(-1)!;
    return { key, name: last.name, group: last.group, groupIndex: last.groupIndex, part: last.part, attempts, last };
  });
}

export const isLive = (run: Pick<RunDetail, 'state'>): boolean => run.state === 'queued' || run.state === 'running';

/** Ids of every attempt of the tasks with this name: what the log is filtered by. */
export const idsOf = (rows: readonly TaskRow[], name: string): number[] =>
  rows.filter((row) => row.name === name).flatMap((row) => row.attempts.map(({ id }) => id));

/** From the first attempt's start to the last one's end, or to now. Null before it has started. */
export function elapsedMs(row: TaskRow, now: number): number | null {
  const startedAt = row.attempts.find((attempt) => attempt.startedAt !== null)?.startedAt ?? null;
  return startedAt === null ? null : (row.last.endedAt ?? now) - startedAt;
}

/** The running attempt takes longer than its task usually does. */
export function isPastMedian({ last }: TaskRow, now: number): boolean {
  if (last.state !== 'running' || last.medianMs === null || last.startedAt === null) return false;
  return now - last.startedAt > last.medianMs;
}

/** It was done in another run and is not done again (`taken from job#12`). */
export const isTakenOver = ({ state, startedAt }: TaskRun): boolean => state === 'succeeded' && startedAt === null;

const BAD: ReadonlySet<TaskRun['state']> = new Set(['failed', 'timed-out', 'cancelled', 'interrupted']);

/**
 * The step group that a run got no further than, from 0; -1 where there is none. A task that was allowed to fail and a handler look
 * alike from here, so what the scheduler says to it counts in the end.
 */
export function failedGroup(run: Pick<RunDetail, 'state'>, rows: readonly TaskRow[]): number {
  if (isLive(run) || run.state === 'succeeded' || run.state === 'skipped') return -1;
  const steps = rows.filter(({ part }) => part === 'step');
  const groups = (isIt: (state: TaskRun['state']) => boolean): number[] =>
    steps.filter(({ last }) => isIt(last.state)).map(({ groupIndex }) => groupIndex);
  const failed = groups((state) => BAD.has(state));
  // A task before the failed one was allowed to fail; a run that was stopped between two groups has only skipped ones.
  if (failed.length > 0) return Math.max(...failed);
  const skipped = groups((state) => state === 'skipped');
  return skipped.length > 0 ? Math.min(...skipped) : -1;
}

/** What stands under a task's name: what is special about it now, else what it runs in. */
export function taskNote(row: TaskRow, now: number): string {
  const { last } = row;
  // It is of the same job, so its number is enough where there is little room.
  if (isTakenOver(last)) return last.reason?.replace(/^taken from .*(#\d+).*$/, 'taken from $1') ?? 'taken over';
  if (last.attempts > 1 && last.attempt > 1) return `attempt ${last.attempt} of ${last.attempts}`;
  if (isPastMedian(row, now)) return 'past its median';
  if (last.state === 'failed' && last.exitCode !== null) return `exit ${last.exitCode}`;
  return last.image === null ? last.executor : shortImage(last.image);
}

/** `registry.example:5000/team/app:1.2` is `app:1.2`. */
export const shortImage = (image: string): string => image.replace(/@sha256:.*$/, '').replace(/^.*\//, '');

export const PARTS: Record<TaskRun['part'], string> = {
  step: 'step',
  on_success: 'on success',
  on_failure: 'on failure',
  on_cancel: 'on cancel',
  always: 'always',
};

/** One state for tasks that run side by side: what is worst, else what goes on, else what is common. */
export function groupState(rows: readonly TaskRow[]): TaskRun['state'] {
  const states = new Set(rows.map(({ last }) => last.state));
  const order = ['running', 'failed', 'timed-out', 'interrupted', 'cancelled', 'waiting', 'skipped'] as const;
  return order.find((state) => states.has(state)) ?? 'succeeded';
}
