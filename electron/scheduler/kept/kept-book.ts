import type { Clock } from '../clock.ts';
import type { DockerExecutor } from '../executor/docker.ts';
import { Failure } from '../failure.ts';
import type { KeptRecord, KeptStore } from '../store/kept-store.ts';

export interface KeptBookPorts {
  readonly clock: Clock;
  readonly store: KeptStore;
  readonly containers: DockerExecutor['kept'];
  /** A container goes: whoever looks into it is told why, before. */
  leaving(kept: KeptRecord, why: string): void;
  changed(runId: number): void;
  bug(error: unknown): void;
}

/** An engine that is away is not asked at each tick. */
const RETRY_MS = 30_000;
const DAY_MS = 86_400_000;

/** The containers that stay for a look inside, from the moment that their task has ended to their removal. */
export class KeptBook {
  readonly #ports: KeptBookPorts;
  /** What is being removed, or was not to be removed a moment ago. */
  readonly #removals = new Map<number, { readonly done: Promise<boolean>; againAt: number }>();
  #isReaped = false;

  constructor(ports: KeptBookPorts) {
    this.#ports = ports;
  }

  /** Begins to remove what has expired, whoever kept it; what cannot be now is tried again. */
  sweep(): void {
    const { clock, store, bug } = this.#ports;
    const now = clock.now();
    for (const kept of store.expired(now)) {
      const tried = this.#removals.get(kept.taskRunId);
      if (tried !== undefined && now < tried.againAt) continue;
      this.#remove(kept, 'Its hour is over: the container was removed.').catch(bug);
    }
  }

  ofRun(runId: number): KeptRecord[] {
    return this.#ports.store.ofRun(runId);
  }

  countByJob(): ReadonlyMap<string, number> {
    return this.#ports.store.countByJob();
  }

  isKept(taskRunId: number): boolean {
    return this.#ports.store.get(taskRunId) !== undefined;
  }

  /** The Docker contexts that containers of ours may be on: at first all that a task ever ran on, then those of the last day. */
  enginesToReap(): string[] {
    const since = this.#isReaped ? this.#ports.clock.now() - DAY_MS : 0;
    this.#isReaped = true;
    return this.#ports.store.enginesUsedSince(since);
  }

  /** Failure `not-kept` where the container of this task attempt is not kept, or not any more. */
  get(taskRunId: number): KeptRecord {
    const kept = this.#ports.store.get(taskRunId);
    if (kept !== undefined && kept.untilAt > this.#ports.clock.now()) return kept;
    throw new Failure(
      'not-kept',
      'The container of this task is not kept any more. `keep_container` keeps those to come, for an hour each.',
    );
  }

  /** Now, before its hour is over. Failure `engine-unavailable`: then it goes when the engine is back and its hour is over. */
  async remove(taskRunId: number): Promise<void> {
    if (await this.#remove(this.get(taskRunId), 'The container was removed.')) return;
    throw new Failure('engine-unavailable', 'Its engine does not answer, so the container could not be removed.');
  }

  /** Resolves when no removal is under way. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#removals.values()].map(({ done }) => done));
  }

  #remove(kept: KeptRecord, why: string): Promise<boolean> {
    const { clock, store, containers, leaving, changed } = this.#ports;
    leaving(kept, why);
    const done = containers.remove(kept).then((isRemoved) => {
      if (isRemoved) {
        // After the container: a crash in between removes nothing a second time.
        store.forget(kept.taskRunId);
        this.#removals.delete(kept.taskRunId);
        changed(kept.runId);
      }
      return isRemoved;
    });
    this.#removals.set(kept.taskRunId, { done, againAt: clock.now() + RETRY_MS });
    return done;
  }
}
