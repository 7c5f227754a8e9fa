import type { Clock } from './clock.ts';
import type { Executor } from './executor/executor.ts';
import type { ExecutorName, JobDefinition } from './job-file/definition.ts';
import type { JobQueue, WaitingRow } from './queue/job-queue.ts';
import { whyWaits, type DispatchState, type RunName, type Wait } from './queue/waiting.ts';
import { missingEnvironment } from './run/environment.ts';
import type { RunRecord } from './store/run-record.ts';
import type { RunStore } from './store/run-store.ts';
import { ALL_JOBS, type Pause } from './store/schedule-store.ts';
import { machineTimezone } from './trigger/zone.ts';

export interface DispatcherPorts {
  readonly clock: Clock;
  readonly queue: JobQueue;
  readonly runs: RunStore;
  /** Owner of what is claimed. */
  readonly instance: string;
  readonly executors: Readonly<Record<ExecutorName, Executor>>;
  readonly host: () => NodeJS.ProcessEnv;
  readonly maxParallelRuns: () => number;
  readonly pauses: () => ReadonlyMap<string, Pause>;
  /** Jobs that their own file pauses. */
  readonly pausedByFile: () => Iterable<string>;
  readonly isDraining: () => boolean;
  readonly isDiskFull: () => boolean;
  startRun(run: RunRecord, definition: JobDefinition): void;
}

/** A waiting run and what holds it back. */
export interface Waiting {
  readonly row: WaitingRow;
  readonly wait: Wait | null;
}

/** Parsed definitions that are kept; a queue of more different jobs than that parses some of them again. */
const DEFINITIONS_KEPT = 2_000;

/** Starts what waits, in the order of the queue, as far as the limits go. The first run that can start does; none blocks another. */
export class Dispatcher {
  readonly #ports: DispatcherPorts;
  readonly #definitions = new Map<number, JobDefinition>();

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
  }

  /**
   * Claims and starts what can. Returns the nearest moment at which a retry may start; Infinity: none waits for one.
   * Nothing is looked at beyond the first run that only a full house keeps waiting: what is behind it has no place either.
   */
  dispatch(): number {
    const { queue, instance, clock } = this.#ports;
    if (queue.countWaiting() === 0) return Infinity;
    let state = this.state();
    // Whoever ends makes room and dispatches again.
    if (state.running >= state.slots) return Infinity;
    let nextRetryAt = Infinity;
    for (const row of queue.waiting()) {
      const definition = this.#definitionOf(row);
      const wait = whyWaits(this.#candidate(row, definition), state);
      if (wait?.cause === 'capacity' || wait?.cause === 'draining' || wait?.cause === 'disk-full') break;
      if (wait?.cause === 'retry') nextRetryAt = Math.min(nextRetryAt, row.notBeforeAt as number);
      if (wait !== null) continue;
      const run = queue.claim(row.id, instance, clock.now());
      if (run === undefined) continue;
      this.#ports.startRun(run, definition);
      state = this.state();
    }
    return nextRetryAt;
  }

  /** Every waiting run with its reason, in order, for who shows them; the first `limit`. */
  waiting(limit: number): Waiting[] {
    const state = this.state();
    const all: Waiting[] = [];
    for (const row of this.#ports.queue.waiting()) {
      if (all.length === limit) break;
      all.push({ row, wait: whyWaits(this.#candidate(row, this.#definitionOf(row)), state) });
    }
    return all;
  }

  /** What runs and what holds runs back right now, of all instances on this data folder. */
  state(): DispatchState {
    const running = this.#ports.queue.running();
    const pauses = new Map<string, { untilAt: number | null }>(this.#ports.pauses());
    for (const job of this.#ports.pausedByFile()) pauses.set(job, { untilAt: null });
    const nameOf = ({ id, job, number }: RunRecord): RunName => ({ id, job, number });
    return {
      now: this.#ports.clock.now(),
      timezone: machineTimezone(),
      slots: this.#ports.maxParallelRuns(),
      running: running.length,
      runningByJob: new Map(running.map((run) => [run.job, nameOf(run)])),
      runningByGroup: new Map(
        running.flatMap((run) => (run.concurrencyGroup === null ? [] : [[run.concurrencyGroup, nameOf(run)] as const])),
      ),
      pauseOfAll: pauses.get(ALL_JOBS) ?? null,
      pauseByJob: pauses,
      isDraining: this.#ports.isDraining(),
      olderRuns: 0,
      isDiskFull: this.#ports.isDiskFull(),
    };
  }

  #candidate(row: WaitingRow, definition: JobDefinition) {
    return {
      ...row,
      allowsOverlap: definition.overlap === 'allow',
      missingEnvironment: missingEnvironment(definition, this.#ports.host()),
      unavailable: this.#unavailable(definition),
    };
  }

  #unavailable(definition: JobDefinition): string | null {
    for (const task of definition.steps.flatMap((group) => group.tasks)) {
      const availability = this.#ports.executors[task.executor].availability(task);
      if (!availability.isAvailable) return availability.reason;
    }
    return null;
  }

  #definitionOf(row: WaitingRow): JobDefinition {
    let definition = this.#definitions.get(row.definitionId);
    if (definition === undefined) {
      definition = this.#ports.runs.definitionOf(row.id) as JobDefinition;
      if (this.#definitions.size >= DEFINITIONS_KEPT) this.#definitions.clear();
      this.#definitions.set(row.definitionId, definition);
    }
    return definition;
  }
}
