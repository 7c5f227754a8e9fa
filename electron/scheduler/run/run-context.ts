import type { TaskState } from '../../api/words.ts';
import type { Clock } from '../clock.ts';
import type { Executor, RemoteBook, TaskExchange, TaskLog } from '../executor/executor.ts';
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

/** Where a run works, and where its tasks leave what others read. */
export interface RunFolders {
  /** Absolute; null where the job has no `repo`, or it is not there (yet). */
  readonly workspace: string | null;
  /** The id of the commit that the workspace is at, where it is known. */
  readonly commit: string | null;
  /**
   * Sees to it that the workspace is there: a git URL is fetched. Nothing to do a second time. Failure where it cannot be; what
   * aborted where the signal does.
   */
  prepare(signal: AbortSignal): Promise<void>;
  /** For one attempt of a task; `inContainer`: whoever writes there may be any user. */
  exchange(taskRunId: number, inContainer: boolean): Promise<TaskExchange>;
  /** What the attempt wrote for later groups; what it wrote wrongly is noted in its log. */
  outputsOf(taskRunId: number, log: TaskLog): Promise<Readonly<Record<string, string>>>;
}

export interface OpenRunFolders extends RunFolders {
  /** Removes what nobody needs after the attempt: the worktree, and what was read of the tasks. */
  close(): Promise<void>;
}

/** Whose folders they are. */
export interface RunFoldersOf {
  readonly runId: number;
  readonly definition: JobDefinition;
  /** Values that are stored nowhere. */
  readonly masked: readonly string[];
  note(text: string): void;
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
  /** What is kept of a task's pipeline elsewhere. */
  remoteBook(taskRunId: number): RemoteBook;
  /** Of every task; a task adds its own variables. */
  readonly environment: RunEnvironment;
  readonly folders: RunFolders;
  readonly jobFolder: string;
  /** Aborted when the scheduler itself ends, whatever the run was told before: then handlers stop too. */
  readonly leaving: AbortSignal;
  /** Stops the whole run: what a task calls when the disk is full. */
  stop(reason: StopReason): void;
  /** Something was thrown that nobody planned for; the task fails, the cause is kept for whoever mends it. */
  bug(error: unknown): void;
  /** A hint that a state of this run changed. */
  changed(): void;
  /** Resolves when a loss of power cannot make the run one that waits again: no task begins before. */
  readonly onDisk: Promise<void>;
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
