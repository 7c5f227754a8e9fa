import type { Clock } from './clock.ts';
import { seenOnce, unmetConditions } from './conditions.ts';
import type { Executor } from './executor/executor.ts';
import type { ExecutorName, JobDefinition, TaskDefinition } from './job-file/definition.ts';
import type { Conditions, Machine } from './machine.ts';
import type { JobQueue, WaitingRow } from './queue/job-queue.ts';
import { whyWaits, type Candidate, type DispatchState, type RunName, type Wait } from './queue/waiting.ts';
import { missingOf, namesOfHost } from './run/environment.ts';
import type { SecretsWatch } from './secrets/secrets-watch.ts';
import { Slices } from './slices.ts';
import type { RunRecord } from './store/run-record.ts';
import type { RunStore } from './store/run-store.ts';
import { ALL_JOBS, type Pause } from './store/schedule-store.ts';
import { closedHoursOf, isClosed, type ClosedHours } from './trigger/closed-hours.ts';
import { machineTimezone } from './trigger/zones.ts';

export interface DispatcherPorts {
  readonly clock: Clock;
  readonly queue: JobQueue;
  readonly runs: RunStore;
  /** Owner of what is claimed. */
  readonly instance: string;
  readonly executors: Readonly<Record<ExecutorName, Executor>>;
  readonly host: () => NodeJS.ProcessEnv;
  readonly secrets: Pick<SecretsWatch, 'whyNot' | 'missing'>;
  readonly maxParallelRuns: () => number;
  readonly pauses: () => ReadonlyMap<string, Pause>;
  /** Jobs that their own file pauses. */
  readonly pausedByFile: () => Iterable<string>;
  readonly isDraining: () => boolean;
  readonly isDiskFull: () => boolean;
  readonly machine: Machine;
  /** Resolves when what was claimed stays so, whatever happens to the machine. */
  claimsOnDisk(): Promise<void>;
  /** A run that waits is not going to run. */
  skipRun(runId: number, reason: string): void;
  startRun(run: RunRecord, definition: JobDefinition, onDisk: Promise<void>): void;
}

/** A waiting run and what holds it back. */
export interface Waiting {
  readonly row: WaitingRow;
  readonly wait: Wait | null;
  readonly allowsOverlap: boolean;
  readonly missingSecrets: readonly string[];
}

/** A state that nobody else has. */
interface OwnState extends DispatchState {
  running: number;
  readonly runningByJob: Map<string, RunName>;
  readonly runningByGroup: Map<string, RunName>;
}

/** What of a definition decides whether its run can start; small, so that it can be kept for each of a long queue. */
interface Needs {
  readonly allowsOverlap: boolean;
  readonly namesOfHost: readonly string[];
  readonly secrets: readonly string[];
  /** One task for each executor and engine. */
  readonly tasks: readonly TaskDefinition[];
  /** No run of the job waits for a moment that is further away: a retry, or `jitter`. */
  readonly longestWaitMs: number;
  readonly when: Conditions;
  readonly closed: ClosedHours | null;
  readonly missedDeadlineMs: number;
}

/** A queue of more different jobs than that parses some of them again. */
const NEEDS_KEPT = 20_000;

/** Starts what waits, in the order of the queue, as far as the limits go. The first run that can start does; none blocks another. */
export class Dispatcher {
  readonly #ports: DispatcherPorts;
  readonly #needs = new Map<number, Needs>();
  #walking: Promise<number> | undefined;
  #next: Promise<number> | undefined;

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
  }

  /**
   * Claims and starts what can. Resolves with the nearest moment that a run waits for (a retry, `jitter`); Infinity: none does.
   * Nothing is looked at beyond the first run that only a full house keeps waiting: what is behind it has no place either.
   *
   * One walk at a time: two would tell each other's claims for what they have read before. All who ask during one have the next.
   */
  dispatch(): Promise<number> {
    if (this.#walking === undefined) {
      this.#walking = this.#walk().finally(() => (this.#walking = undefined));
      return this.#walking;
    }
    const again = (): Promise<number> => {
      this.#next = undefined;
      return this.dispatch();
    };
    this.#next ??= this.#walking.then(again, again);
    return this.#next;
  }

  async #walk(): Promise<number> {
    const { queue } = this.#ports;
    if (!queue.isAnyWaiting()) return Infinity;
    let state = this.state();
    // Whoever ends makes room and dispatches again.
    if (state.running >= state.slots) return Infinity;
    let nextAt = Infinity;
    let machine = seenOnce(this.#ports.machine);
    const slices = new Slices();
    let chosen: number[] = [];
    for (const row of queue.waiting()) {
      if (slices.isOver) {
        this.#start(chosen);
        chosen = [];
        await slices.rest();
        state = this.state();
        machine = seenOnce(this.#ports.machine);
      }
      const candidate = this.#candidate(row, machine);
      const wait = whyWaits(candidate, state);
      if (wait?.cause === 'capacity' || wait?.cause === 'draining' || wait?.cause === 'disk-full') break;
      if (wait?.cause === 'retry' || wait?.cause === 'jitter') nextAt = Math.min(nextAt, row.notBeforeAt as number);
      const never = this.#whyNever(row, candidate, wait);
      if (never !== null) this.#ports.skipRun(row.id, never);
      if (wait !== null || never !== null) continue;
      chosen.push(row.id);
      addRunning(state, row);
    }
    this.#start(chosen);
    return nextAt;
  }

  /** Claims those that still wait, all in one commit. They begin when it is on the disk. */
  #start(ids: readonly number[]): void {
    if (ids.length === 0) return;
    const { queue, runs, instance, clock } = this.#ports;
    const claimed = queue.claimAll(ids, instance, clock.now());
    if (claimed.length === 0) return;
    const onDisk = this.#ports.claimsOnDisk();
    // Whoever waits for it hears of it.
    onDisk.catch(() => {});
    for (const id of claimed) {
      this.#ports.startRun(runs.getRun(id) as RunRecord, runs.definitionOf(id) as JobDefinition, onDisk);
    }
  }

  /** Every waiting run with its reason, in order, for who shows them; the first `limit`, of those behind a position. */
  waiting(limit: number, behind?: number): Waiting[] {
    const state = this.state();
    const machine = seenOnce(this.#ports.machine);
    const all: Waiting[] = [];
    for (const row of this.#ports.queue.waiting(behind)) {
      if (all.length === limit) break;
      all.push({
        row,
        wait: whyWaits(this.#candidate(row, machine), state),
        allowsOverlap: this.#needsOf(row).allowsOverlap,
        missingSecrets: this.#ports.secrets.missing(this.#needsOf(row).secrets),
      });
    }
    return all;
  }

  /** What runs and what holds runs back right now, of all instances on this data folder. */
  state(): OwnState {
    const running = this.#ports.queue.running();
    const pauses = new Map<string, { untilAt: number | null }>(this.#ports.pauses());
    for (const job of this.#ports.pausedByFile()) pauses.set(job, { untilAt: null });
    const nameOf = ({ id, job, number }: RunRecord): RunName => ({ id, job, number });
    return {
      now: this.#ports.clock.now(),
      get timezone() {
        return machineTimezone();
      },
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

  /** The definition is read only where the answer depends on it: of a paused queue nothing is parsed. */
  #candidate(row: WaitingRow, machine: Machine): Candidate {
    const needs = (): Needs => this.#needsOf(row);
    const { host, executors, clock, secrets } = this.#ports;
    return {
      job: row.job,
      trigger: row.trigger,
      attempt: row.attempt,
      attempts: row.attempts,
      // Further away than any retry is: the clock was set back, and the wait is over.
      get notBeforeAt() {
        const at = row.notBeforeAt;
        return at !== null && at - clock.now() > needs().longestWaitMs ? null : at;
      },
      concurrencyGroup: row.concurrencyGroup,
      get allowsOverlap() {
        return needs().allowsOverlap;
      },
      get missingEnvironment() {
        return missingOf(needs().namesOfHost, host());
      },
      get secretsProblem() {
        return secrets.whyNot(needs().secrets);
      },
      get unmet() {
        return unmetConditions(needs().when, machine);
      },
      get unavailable() {
        for (const task of needs().tasks) {
          const availability = executors[task.executor].availability(task);
          if (!availability.isAvailable) return availability.reason;
        }
        return null;
      },
    };
  }

  /**
   * Why a run that has not begun is not going to, though nobody cancelled it: its turn comes in the closed hours of its job, or what
   * it waits for has not come within `missed_deadline`. Null: it may still run. What a person started waits for ever.
   */
  #whyNever(row: WaitingRow, { unmet }: Pick<Candidate, 'unmet'>, wait: Wait | null): string | null {
    if (row.trigger === 'manual' || row.attempt > 1) return null;
    const { closed, missedDeadlineMs } = this.#needsOf(row);
    const now = this.#ports.clock.now();
    if (wait?.cause === 'condition') {
      const age = now - (row.dueAt ?? row.queuedAt);
      return age > missedDeadlineMs ? `Waited ${unmet}, for longer than \`missed_deadline\`.` : null;
    }
    const isOfSchedule = row.trigger === 'scheduled' || row.trigger === 'missed';
    return wait === null && isOfSchedule && closed !== null && isClosed(closed, now) ? closed.reason : null;
  }

  #needsOf(row: WaitingRow): Needs {
    let needs = this.#needs.get(row.definitionId);
    if (needs === undefined) {
      needs = needsOf(this.#ports.runs.definitionOf(row.id) as JobDefinition);
      if (this.#needs.size >= NEEDS_KEPT) this.#needs.clear();
      this.#needs.set(row.definitionId, needs);
    }
    return needs;
  }
}

/** Counts a run that is going to be claimed among those that run. */
function addRunning(state: OwnState, { id, job, number, concurrencyGroup }: WaitingRow): void {
  const name = { id, job, number };
  state.running += 1;
  state.runningByJob.set(job, name);
  if (concurrencyGroup !== null) state.runningByGroup.set(concurrencyGroup, name);
}

function needsOf(job: JobDefinition): Needs {
  const { overlap, secrets, steps, retry, jitterMs, when, notBetween, timezone, missedDeadlineMs } = job;
  const tasks = new Map<string, TaskDefinition>();
  for (const task of steps.flatMap((group) => group.tasks)) tasks.set(`${task.executor} ${task.engine ?? ''}`, task);
  return {
    allowsOverlap: overlap === 'allow',
    namesOfHost: namesOfHost(job),
    secrets,
    tasks: [...tasks.values()],
    longestWaitMs: Math.max(jitterMs, retry?.intervalMs ?? 0, retry?.maxIntervalMs ?? 0),
    when,
    closed: closedHoursOf(notBetween, timezone),
    missedDeadlineMs,
  };
}
