import type { RunDetail } from '../../electron/api/api.ts';

export interface KeptRow {
  readonly taskRunId: number;
  /** The task's, with its attempt where it had several. */
  readonly name: string;
  readonly untilAt: number;
}

/** The containers of a run that stay for a look inside, the first to go first. */
export function keptRows({ kept, tasks }: Pick<RunDetail, 'kept' | 'tasks'>): KeptRow[] {
  return kept
    .map(({ taskRunId, untilAt }) => {
      const task = tasks.find(({ id }) => id === taskRunId);
      const isOneOfSeveral = task !== undefined && tasks.some(({ name, id }) => name === task.name && id !== task.id);
      const attempt = isOneOfSeveral ? `, attempt ${task.attempt}` : '';
      return { taskRunId, untilAt, name: `${task?.name ?? 'a task'}${attempt}` };
    })
    .toSorted((a, b) => a.untilAt - b.untilAt);
}
