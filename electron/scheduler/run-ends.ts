import type { AfterRuns } from './after-runs.ts';
import type { Clock } from './clock.ts';
import type { JobQueue } from './queue/job-queue.ts';
import type { RunEnd } from './run/task-group.ts';
import type { RunStore } from './store/run-store.ts';

export interface RunEndsPorts {
  readonly clock: Clock;
  /** Owner of what is ended. */
  readonly instance: string;
  readonly runs: RunStore;
  readonly queue: JobQueue;
  readonly afterRuns: AfterRuns;
  /** Runs a change of the database as one transaction, and makes room for it on a full disk. */
  readonly atomically: <T>(change: () => T) => T;
}

/** How runs end for good: the state and what follows from it (`after`) are one transaction. */
export class RunEnds {
  readonly #ports: RunEndsPorts;

  constructor(ports: RunEndsPorts) {
    this.#ports = ports;
  }

  /** Of a run of this instance. Nothing where somebody else has ended it. */
  end(id: number, end: RunEnd & { readonly error: string | null }): void {
    const { atomically, runs, instance, clock, afterRuns } = this.#ports;
    atomically(() => {
      if (runs.finishRun({ ...end, id, owner: instance, at: clock.now() })) afterRuns.ended(id);
    });
  }

  /** Cancels a run that waits; false where it does not. One that never began has no end that another job could follow. */
  cancelWaiting(id: number): boolean {
    const { atomically, runs, queue, clock, afterRuns } = this.#ports;
    return atomically(() => {
      if (!queue.cancelQueued(id, 'by you', clock.now())) return false;
      if (runs.getRun(id)?.startedAt !== null) afterRuns.ended(id);
      return true;
    });
  }
}
