import type { TaskState } from '../../api/words.ts';

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
