import type { StepGroupDefinition } from '../job-file/definition.ts';
import type { NewTaskRun, TaskRunRecord } from '../store/task-run-store.ts';
import type { Part, RunContext, TaskResult } from './run-context.ts';
import { newTaskRun, Task } from './task.ts';

/** Tasks that start together. It has ended when all of them have; one that fails lets its siblings finish. */
export class StepGroup {
  readonly #tasks: readonly Task[];

  /** `rows` are the stored attempts of this group's tasks within the run's current attempt. */
  constructor(
    context: RunContext,
    part: Part,
    groupIndex: number,
    group: StepGroupDefinition,
    rows: readonly TaskRunRecord[],
  ) {
    this.#tasks = group.tasks.map((definition, taskIndex) => {
      const attempts = rows.filter((row) => row.taskIndex === taskIndex);
      const last = attempts.reduce(
        (latest, row) => (row.attempt > latest.attempt ? row : latest),
        attempts[0] as TaskRunRecord,
      );
      return new Task(context, { part, group: group.name, groupIndex, taskIndex }, definition, last);
    });
  }

  /** The rows that a group needs before it can be made: one waiting first attempt for each task. */
  static newRows(context: RunContext, part: Part, groupIndex: number, group: StepGroupDefinition): NewTaskRun[] {
    return group.tasks.map((definition, taskIndex) =>
      newTaskRun(context, { part, group: group.name, groupIndex, taskIndex }, definition, 1),
    );
  }

  /** Nothing of it is left to run; so it may be after a crash. */
  get isOver(): boolean {
    return this.#tasks.every((task) => task.isOver);
  }

  /** A task of it may be running, left by a scheduler that crashed. */
  get isLive(): boolean {
    return this.#tasks.some((task) => task.isLive);
  }

  /** Rejects only when all tasks have ended: whoever hears of it closes the log under them. */
  async run(signal: AbortSignal): Promise<TaskResult[]> {
    const ends = await Promise.allSettled(this.#tasks.map((task) => task.run(signal)));
    return ends.map((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
  }

  skip(reason: string): TaskResult[] {
    return this.#tasks.map((task) => task.skip(reason));
  }
}
