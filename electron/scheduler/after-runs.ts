import type { RunState } from '../api/words.ts';
import type { Clock } from './clock.ts';
import type { AfterDefinition, JobDefinition } from './job-file/definition.ts';
import type { Follower } from './job-file/job-table.ts';
import { newRunOf } from './new-run-of.ts';
import type { JobQueue } from './queue/job-queue.ts';
import type { RunRecord } from './store/run-record.ts';
import type { RunStore } from './store/run-store.ts';
import { ALL_JOBS, type Pause } from './store/schedule-store.ts';
import type { SkipStore } from './store/skip-store.ts';

export interface AfterRunsPorts {
  readonly clock: Clock;
  readonly runs: RunStore;
  readonly queue: JobQueue;
  readonly skips: SkipStore;
  readonly followersOf: (job: string) => readonly Follower[];
  readonly pauses: () => ReadonlyMap<string, Pause>;
}

/**
 * `after`: each end of a run makes one run of each job that follows it (product.md, After). Whichever instance ends the run does
 * this, inside the transaction that ends it, so that a crash loses none and makes none twice.
 */
export class AfterRuns {
  readonly #ports: AfterRunsPorts;

  constructor(ports: AfterRunsPorts) {
    this.#ports = ports;
  }

  /** The run has ended for good, after it had begun; belongs inside the transaction that says so. */
  ended({ id, job }: Pick<RunRecord, 'id' | 'job'>): void {
    const { runs, followersOf } = this.#ports;
    const followers = followersOf(job);
    if (followers.length === 0) return;
    const run = runs.getRun(id) as RunRecord;
    for (const { definition, on } of followers) {
      if (counts(run.state, on)) this.#follow(run, definition);
    }
  }

  #follow(run: RunRecord, definition: JobDefinition): void {
    const { clock, queue, pauses } = this.#ports;
    const now = clock.now();
    const chain = this.#chainOf(run);
    const all = pauses();
    const isPaused = definition.paused || [ALL_JOBS, definition.id].some((job) => isOn(all.get(job), now));
    // No valid set of files says so, but a file that turned bad goes on with what it said before.
    if (chain.includes(definition.id)) {
      this.#skip(definition, `It would start itself again: ${[...chain, definition.id].join(' → ')}.`, now);
    } else if (isPaused) this.#skip(definition, 'Paused.', now);
    else {
      const made = newRunOf(definition, 'after', null, now);
      queue.enqueue({ ...made, upstream: { id: run.id, job: run.job, number: run.number } });
    }
  }

  /** The jobs whose ends led to this run, its own last. */
  #chainOf(run: RunRecord): string[] {
    const chain = [run.job];
    let { upstream } = run;
    while (upstream !== null) {
      chain.unshift(upstream.job);
      upstream = this.#ports.runs.getRun(upstream.id)?.upstream ?? null;
    }
    return chain;
  }

  #skip({ id, pipelineName }: JobDefinition, reason: string, at: number): void {
    const when = { firstAt: at, lastAt: at, count: 1, at };
    this.#ports.skips.record({ job: id, pipelineName, trigger: 'after', schedule: null, reason, ...when });
  }
}

/** A cancelled run has neither succeeded nor failed: somebody did not want it. */
function counts(state: RunState, on: AfterDefinition['on']): boolean {
  switch (on) {
    case 'any':
      return true;
    case 'success':
      return state === 'succeeded';
    case 'failure':
      return state === 'failed' || state === 'timed-out' || state === 'interrupted';
    default:
      return on satisfies never;
  }
}

const isOn = (pause: Pause | undefined, now: number): boolean =>
  pause !== undefined && (pause.untilAt ?? Infinity) > now;
