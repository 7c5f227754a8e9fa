import type { TaskRunStore } from '../store/task-run-store.ts';

/** What executing a run needs of the store of task attempts. */
export type TaskRows = Pick<
  TaskRunStore,
  | 'insertTaskRuns'
  | 'carryOver'
  | 'outputsOf'
  | 'getTaskRun'
  | 'taskRunsOf'
  | 'startTaskRun'
  | 'leaveTrace'
  | 'finishTaskRun'
>;

/** The same rows, each change of which goes through `write`: it makes room on a full disk, for a state must not be lost. */
export function writtenThrough(rows: TaskRows, write: <T>(action: () => T) => T): TaskRows {
  return {
    getTaskRun: (id) => rows.getTaskRun(id),
    taskRunsOf: (runId) => rows.taskRunsOf(runId),
    outputsOf: (runId, runAttempt) => rows.outputsOf(runId, runAttempt),
    insertTaskRuns: (runId, tasks) => write(() => rows.insertTaskRuns(runId, tasks)),
    carryOver: (runId, toAttempt) => write(() => rows.carryOver(runId, toAttempt)),
    startTaskRun: (id, at) => write(() => rows.startTaskRun(id, at)),
    leaveTrace: (id, trace) => write(() => rows.leaveTrace(id, trace)),
    finishTaskRun: (end) => write(() => rows.finishTaskRun(end)),
  };
}
