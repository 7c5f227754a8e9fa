import type { TaskState } from '../../api/words.ts';
import type { TaskDefinition } from '../job-file/definition.ts';

/**
 * What runs a task: in a container, as a process, in a pipeline elsewhere. `run/` knows this file and no executor by name.
 *
 * An executor never throws for what a task or an engine does: that is an Outcome. What it throws is a bug.
 */
export interface Executor {
  /**
   * Runs one attempt of a task to its end and resolves when nothing of it is left (tree killed, container removed, log drained).
   * Stops it when `signal` aborts: the stop signal, `stopTimeoutMs`, SIGKILL, and proof that it is gone.
   */
  execute(execution: TaskExecution): Promise<Outcome>;
  /**
   * After a crash: goes on with, or collects, or puts an end to what `trace` describes. Resolves like `execute`, or with
   * `undefined` where the executor cannot go on with a task that outlived its scheduler (it is stopped and gone by then).
   */
  recover(execution: TaskExecution, trace: TaskTrace): Promise<Outcome | undefined>;
  /** Whether a task could start now. Answers from what is known and never waits for an engine. */
  availability(task: TaskDefinition): Availability;
  /** Ends background work (pings, connections). Running tasks are stopped before this is called. */
  close(): Promise<void>;
}

export type Availability = { readonly isAvailable: true } | { readonly isAvailable: false; readonly reason: string };

export interface TaskExecution {
  readonly runId: number;
  readonly jobId: string;
  /** Id of the row of this attempt, unique in the data folder; containers are named and labelled by it. */
  readonly taskRunId: number;
  readonly attempt: number;
  readonly task: TaskDefinition;
  /** Complete: variables, NIGHTJAR_*, and what the host passes in. Values are strings; secrets are among them. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Of `environment`, what a service elsewhere is told: what the job file, its params and its outputs say. Values of this machine, of
   * an `env_file` and secrets stay here.
   */
  readonly variables: Readonly<Record<string, string>>;
  /** Of `environment`, what Nightjar says about the run (`NIGHTJAR_…`). */
  readonly about: Readonly<Record<string, string>>;
  /** Absolute folder mounted at /workspace, or a process's working folder; null: the image's own. */
  readonly workspace: string | null;
  /** Where it leaves what others read; left out: nowhere. */
  readonly exchange?: TaskExchange;
  /** Absolute folder of the job file; where a process without a workspace works. */
  readonly jobFolder: string;
  readonly log: TaskLog;
  /** Stops the task. A number `withinMs` in its reason shortens `stopTimeoutMs`: a machine that shuts down does not wait. */
  readonly signal: AbortSignal;
  /**
   * Told how the task ended while it could still be found, before what is left of it is removed: both the rest of its log and
   * its end are on disk when this resolves, so a crash between the two loses no exit code. Only executors that leave something
   * need call it. Resolves with whether it is to stay for a look inside (`keep_container`): then it is not removed.
   */
  settle(outcome: Outcome): Promise<Settled>;
  /** What is kept of a pipeline elsewhere while it is followed. */
  readonly remote: RemoteBook;
  /** Told before anything can run what is needed to find it again; it is on disk when this returns. */
  leaveTrace(trace: TaskTrace): void;
  /** Told now and then what the task uses; left out: nobody wants to know. */
  readonly usage?: UsageMeter | undefined;
}

export interface Settled {
  readonly isKept: boolean;
}

/** Absolute folders of this machine; a container has them mounted, and a task knows them by NIGHTJAR_OUTPUT and NIGHTJAR_ARTIFACTS. */
export interface TaskExchange {
  /** Of this attempt: what the task writes its outputs to. For a container it is alone in its folder, which is what is mounted. */
  readonly outputFile: string;
  /** Of the whole run. */
  readonly artifacts: string;
}

/** Takes what a task used. An executor that can measure does so beside the task: it never delays or fails it. */
export interface UsageMeter {
  /** From one look to the next, in milliseconds; grows with the task's age. Infinity: no more is wanted. */
  readonly everyMs: number;
  sample(usage: Usage): void;
  /** Measuring threw what nobody planned for, and has ended; the task goes on. */
  failed(thrown: unknown): void;
}

export interface Usage {
  /** Processors that were busy since the look before, on average: 1.5 is one and a half. */
  readonly cpu: number;
  /** Bytes held now, without what the system keeps of files and would give back at once. */
  readonly memory: number;
}

/** The name of the file of outputs in its folder. */
export const OUTPUT_FILE = 'output';

/** From the stop signal to SIGKILL, in milliseconds. */
export function stopTimeoutOf({ task, signal }: Pick<TaskExecution, 'task' | 'signal'>): number {
  const { withinMs } = ((signal.aborted && (signal.reason as unknown)) || {}) as { readonly withinMs?: unknown };
  return typeof withinMs === 'number' ? Math.min(withinMs, task.stopTimeoutMs) : task.stopTimeoutMs;
}

/** What it takes to find a task again after a crash. Stored with the task's row. */
export interface TaskTrace {
  readonly containerName?: string;
  /** A name that is told without it is a container that is yet to be made: an id of before is forgotten then. */
  readonly containerId?: string;
  readonly imageDigest?: string;
  /** The Docker context that the container is on; left out: the engine that is found. */
  readonly engine?: string;
  readonly pid?: number;
  /** Of the process, in the platform's own unit; with `bootId` it tells a process from a later one with the same pid. */
  readonly pidStartedAt?: string;
  readonly bootId?: string;
  /** When a service was first asked for a pipeline; with it alone, nobody knows yet whether there is one. */
  readonly remoteAskedAt?: number;
  /** The service's number of the pipeline, and where a person looks at it. */
  readonly remoteId?: string;
  readonly remoteUrl?: string;
}

export type OutputStream = 'stdout' | 'stderr';

/** Where the output of one task attempt goes. */
export interface TaskLog {
  /**
   * Raw bytes as they came, taken before it returns. Resolves when there is room for more, so an executor that awaits it keeps memory flat.
   * Rejects when the disk is full (a Failure with code `disk-full`); the executor stops the task then.
   */
  write(stream: OutputStream, bytes: Uint8Array): Promise<void>;
  /** A line of Nightjar's own (attempts, pulls, exit codes); it belongs to no stream and is never matched as an error. */
  note(text: string): void;
  /** Raw bytes of the stream that are in the log already, so that a re-attached container goes on without loss or repeat. */
  consumed(stream: OutputStream): number;
}

/** How a task attempt ended. Data, not an exception. */
export type Outcome =
  /** `reason` is what there is to say beside a code that is not 0. */
  | { readonly kind: 'exited'; readonly exitCode: number; readonly reason?: string }
  /** `exitCode` is what the kernel's kill left, 137 mostly. */
  | { readonly kind: 'out-of-memory'; readonly exitCode: number; readonly limit: number | null }
  /** The abort signal stopped it; who aborted knows why. */
  | { readonly kind: 'stopped'; readonly exitCode: number | null }
  | { readonly kind: 'could-not-start'; readonly reason: string }
  /** It ran and nobody can say how it ended (its container was removed by somebody else, the engine lost it). */
  | { readonly kind: 'lost'; readonly reason: string };

/** A job of a pipeline elsewhere, as far as it is shown. */
export interface RemoteJob {
  /** The service's own. */
  readonly id: string;
  readonly name: string;
  /** The stage it is in, or what else groups it there; null where there is none. */
  readonly stage: string | null;
  readonly state: Exclude<TaskState, 'interrupted'>;
  /** What the service says to it, where that is more than the state: `manual`, `script_failure`, `tried again`. */
  readonly note: string | null;
  readonly url: string | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** From here on a task's stdout is made of one job's log: which, and from which of its bytes. */
export interface RemoteLogPiece {
  /** Raw bytes of the task's stdout before it. */
  readonly logFrom: number;
  readonly jobId: string;
  readonly traceFrom: number;
}

/** What is kept of a task's pipeline while it is followed. Every change is on disk when the call returns. */
export interface RemoteBook {
  jobs(): RemoteJob[];
  /** All there are, in the service's order. */
  saveJobs(jobs: readonly RemoteJob[]): void;
  /** In the order of the log. */
  pieces(): RemoteLogPiece[];
  addPiece(piece: RemoteLogPiece): void;
  /** Forgets those that begin there or later: what they spoke of never got into the log. */
  dropPieces(logFrom: number): void;
}
