import type { AfterRuns } from './after-runs.ts';
import type { Clock } from './clock.ts';
import type { JobQueue } from './queue/job-queue.ts';
import type { RunEnd } from './run/task-group.ts';
import type { RunRecord } from './store/run-record.ts';
import type { RunStore } from './store/run-store.ts';
import { turn } from './turn.ts';

export interface RunEndsPorts {
  readonly clock: Clock;
  /** Owner of what is ended. */
  readonly instance: string;
  readonly runs: RunStore;
  readonly queue: JobQueue;
  readonly afterRuns: AfterRuns;
  /** Runs a change of the database as one transaction, and makes room for it on a full disk. */
  readonly atomically: <T>(change: () => T) => T;
  /** Runs have ended; others can begin in their place before anything else follows from it. */
  roomMade(): void;
}

/** A run that has ended, and what waits for its end to be written. */
interface Ended {
  readonly run: Pick<RunRecord, 'id' | 'job'>;
  readonly end: RunEnd & { readonly error: string | null };
  readonly written: PromiseWithResolvers<void>;
}

/**
 * How runs end for good: the state and what follows from it (`after`) are one transaction. Ends that fall into one turn of the event
 * loop share it: a commit costs several times what an end does.
 */
export class RunEnds {
  readonly #ports: RunEndsPorts;
  #ended: Ended[] = [];

  constructor(ports: RunEndsPorts) {
    this.#ports = ports;
  }

  /** Of a run of this instance; resolves when it is written. Nothing where somebody else has ended it. */
  end(run: Ended['run'], end: Ended['end']): Promise<void> {
    const written = Promise.withResolvers<void>();
    this.#ended.push({ run, end, written });
    if (this.#ended.length === 1) setImmediate(() => void turn().then(() => this.flush()));
    return written.promise;
  }

  /** Writes what has ended, now. */
  flush(): void {
    const all = this.#ended;
    this.#ended = [];
    try {
      this.#write(all);
    } catch (error) {
      // What cannot be written must not keep the others from it.
      if (all.length > 1) for (const one of all) this.#writeAlone(one);
      else for (const { written } of all) written.reject(error);
    }
  }

  #writeAlone(ended: Ended): void {
    try {
      this.#write([ended]);
    } catch (error) {
      ended.written.reject(error);
    }
  }

  #write(all: readonly Ended[]): void {
    if (all.length === 0) return;
    const { atomically, runs, instance, clock, afterRuns } = this.#ports;
    atomically(() => {
      for (const { run, end } of all) {
        if (runs.finishRun({ ...end, id: run.id, owner: instance, at: clock.now() })) afterRuns.ended(run);
      }
    });
    for (const { written } of all) written.resolve();
    this.#ports.roomMade();
  }

  /** Cancels a run that waits; false where it does not. One that never began has no end that another job could follow. */
  cancelWaiting(id: number): boolean {
    const { atomically, runs, queue, clock, afterRuns } = this.#ports;
    return atomically(() => {
      if (!queue.cancelQueued(id, 'by you', clock.now())) return false;
      const run = runs.getRun(id);
      if (run !== undefined && run.startedAt !== null) afterRuns.ended(run);
      return true;
    });
  }
}
