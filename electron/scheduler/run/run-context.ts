import type { TaskState } from '../../api/words.ts';
import type { Clock } from '../clock.ts';
import type { Executor, TaskLog } from '../executor/executor.ts';
import type { ExecutorName, JobDefinition } from '../job-file/definition.ts';
import type { RunEnvironment } from './environment.ts';
import type { Slots } from './slots.ts';
import type { StopReason } from './stop-reason.ts';
import type { TaskRows } from './task-rows.ts';

export type Part = 'step' | 'on_success' | 'on_failure' | 'on_cancel' | 'always';

/** A run's log, as far as the run writes it. */
export interface RunLog {
  taskLog(taskRunId: number): TaskLog;
  endAttempt(taskRunId: number): Promise<void>;
  /** A line of Nightjar's own; `taskRunId` 0 for the run as a whole. */
  note(taskRunId: number, text: string): void;
}

/** All that the tasks of one run attempt share. */
export interface RunContext {
  readonly run: {
    readonly id: number;
    readonly job: string;
    readonly number: number;
    readonly attempt: number;
    /** When this attempt was claimed, maybe by a scheduler that crashed since. */
    readonly startedAt: number | null;
  };
  readonly definition: JobDefinition;
  readonly clock: Clock;
  readonly executors: Readonly<Record<ExecutorName, Executor>>;
  readonly slots: Slots;
  readonly rows: TaskRows;
  readonly log: RunLog;
  /** Of every task; a task adds its own variables. */
  readonly environment: RunEnvironment;
  readonly workspace: string | null;
  readonly jobFolder: string;
  /** Aborted when the scheduler itself ends, whatever the run was told before: then handlers stop too. */
  readonly leaving: AbortSignal;
  /** Stops the whole run: what a task calls when the disk is full. */
  stop(reason: StopReason): void;
  /** Something was thrown that nobody planned for; the task fails, the cause is kept for whoever mends it. */
  bug(error: unknown): void;
  /** A hint that a state of this run changed. */
  changed(): void;
}

/** How a task ended, after its last attempt. */
export interface TaskResult {
  readonly name: string;
  readonly state: Exclude<TaskState, 'waiting' | 'running'>;
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly isAllowedToFail: boolean;
}

/** Whether what comes after may go on. */
export function isFine(result: TaskResult): boolean {
  return (
    result.state === 'succeeded' ||
    (result.isAllowedToFail && (result.state === 'failed' || result.state === 'timed-out'))
  );
}
