import type { Trigger } from '../api/words.ts';
import type { Clock } from './clock.ts';
import type { JobDefinition } from './job-file/definition.ts';
import type { JobQueue, NewRun } from './queue/job-queue.ts';
import { decideOverlap } from './queue/overlap.ts';
import type { RunRecord } from './store/run-record.ts';
import type { Pause, ScheduleStore } from './store/schedule-store.ts';
import { ALL_JOBS } from './store/schedule-store.ts';
import type { SkipStore } from './store/skip-store.ts';
import { nextDue, parseSchedule, type Schedule } from './trigger/cron.ts';
import { planJob, type Decision, type Watched } from './trigger/plan-job.ts';

export interface JobManagerPorts {
  readonly clock: Clock;
  readonly queue: JobQueue;
  readonly schedules: ScheduleStore;
  readonly skips: SkipStore;
  /** Runs a change of the database as one transaction, and makes room for it on a full disk. */
  readonly atomically: <T>(change: () => T) => T;
  /** Cancels the job's running runs, for `overlap: cancel-running`. */
  cancelRunning(job: string): void;
  /** Something was queued, skipped or moved. */
  changed(): void;
}

interface KnownJob {
  readonly definition: JobDefinition;
  /** As it goes into its runs. */
  readonly text: string;
  watched: readonly Watched[];
  /** The nearest due moment of all its schedules; Infinity: none, or not to be looked at while it is paused. */
  nextDueAt: number;
}

/** Jobs decided in one transaction: long enough to be quick, short enough to keep the event loop free (about 5 ms). */
const CHUNK = 100;

/**
 * Knows the jobs, finds what is due, and fills the queue.
 *
 * What is due is computed from the wall clock and from what each schedule was last looked at; nothing depends on when the look
 * comes, so one that is late, doubled, or interrupted between two chunks changes nothing. Each occurrence is decided in the
 * transaction that records the decision.
 */
export class JobManager {
  readonly #ports: JobManagerPorts;
  readonly #jobs = new Map<string, KnownJob>();
  readonly #pausedByFile = new Set<string>();
  #lastLookAt = -Infinity;
  #looking: Promise<void> | undefined;

  constructor(ports: JobManagerPorts) {
    this.#ports = ports;
  }

  /** The nearest moment at which a look has something to do. */
  get nextDueAt(): number {
    let nearest = Infinity;
    for (const { nextDueAt } of this.#jobs.values()) nearest = Math.min(nearest, nextDueAt);
    for (const { untilAt } of this.#ports.schedules.pauses().values()) nearest = Math.min(nearest, untilAt ?? Infinity);
    return nearest;
  }

  /** Ids of the jobs whose own file says `paused: true`. */
  get pausedByFile(): ReadonlySet<string> {
    return this.#pausedByFile;
  }

  definition(job: string): JobDefinition | undefined {
    return this.#jobs.get(job)?.definition;
  }

  /** Null where the job is not known, manual only, or never due again. */
  nextDueOf(job: string): number | null {
    const known = this.#jobs.get(job);
    if (known === undefined) return null;
    const now = this.#ports.clock.now();
    if (known.nextDueAt > now && known.nextDueAt < Infinity) return known.nextDueAt;
    return earliest(known.watched.map(({ schedule }) => nextDue(schedule, now)));
  }

  /**
   * Takes jobs in, new or changed. The past of a schedule begins when it is first seen; a job that comes back after it was gone
   * begins anew, whereas at the start (`isStart`) what was missed meanwhile counts.
   */
  setJobs(definitions: readonly JobDefinition[], isStart = false): void {
    const now = this.#ports.clock.now();
    const parsed = definitions.map((definition) => ({ definition, schedules: schedulesOf(definition) }));
    const keys = parsed.flatMap(({ definition, schedules }) =>
      schedules.map(({ key }) => ({ job: definition.id, schedule: key })),
    );
    const seen = this.#ports.schedules.see(keys, now)[Symbol.iterator]();
    for (const { definition, schedules } of parsed) {
      const isBack = !isStart && !this.#jobs.has(definition.id);
      const watched = schedules.map(({ key, schedule }) => {
        const { lookedAt } = seen.next().value as { lookedAt: number };
        return { key, schedule, lookedAt: isBack ? now : Math.min(lookedAt, now) };
      });
      const known: KnownJob = { definition, text: JSON.stringify(definition), watched, nextDueAt: Infinity };
      this.#jobs.set(definition.id, known);
      if (definition.paused) this.#pausedByFile.add(definition.id);
      else this.#pausedByFile.delete(definition.id);
      this.#reschedule(known);
    }
  }

  removeJobs(ids: readonly string[]): void {
    for (const id of ids) {
      this.#jobs.delete(id);
      this.#pausedByFile.delete(id);
    }
  }

  /** A run of this job as it is now, to be queued. */
  newRun(job: string, trigger: Trigger, dueAt: number | null, params: Readonly<Record<string, string>> = {}): NewRun {
    const { definition, text } = this.#jobs.get(job) as KnownJob;
    return newRunOf(definition, text, trigger, dueAt, this.#ports.clock.now(), params);
  }

  /** Decides everything that is due. Looks that are asked for while one is under way are that one and one more. */
  async look(): Promise<void> {
    while (this.#looking !== undefined) await this.#looking;
    this.#looking = this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /**
   * Ends the pause of a job or of all. What fell into it is decided first, as skipped; jobs with `catch_up_after_pause` were not
   * looked at while it lasted, so the next look takes their gap for missed.
   */
  async resume(job: string): Promise<boolean> {
    await this.look();
    const wasPaused = this.#ports.schedules.resume(job);
    for (const known of this.#jobs.values()) this.#reschedule(known);
    return wasPaused;
  }

  pause(job: string, untilAt: number | null): void {
    this.#ports.schedules.pause(job, this.#ports.clock.now(), untilAt);
  }

  async #look(): Promise<void> {
    const now = this.#ports.clock.now();
    if (now < this.#lastLookAt) this.#setBack(now);
    this.#lastLookAt = now;
    const pauses = this.#ports.schedules.pauses();
    const over = [...pauses].filter(([, { untilAt }]) => untilAt !== null && untilAt <= now).map(([job]) => job);
    // Jobs that were left alone during a pause have something to say once it is over.
    if (over.length > 0)
      for (const known of this.#jobs.values()) if (known.nextDueAt === Infinity) this.#reschedule(known);

    const due = [...this.#jobs.values()].filter((known) => known.nextDueAt <= now);
    for (let from = 0; from < due.length; from += CHUNK) {
      if (from > 0) await new Promise((resolve) => setImmediate(resolve));
      const chunk = due.slice(from, from + CHUNK);
      this.#ports.atomically(() => {
        for (const known of chunk) this.#decide(known, now, pauses);
      });
    }
    for (const job of over) this.#ports.schedules.resume(job);
    if (due.length > 0 || over.length > 0) this.#ports.changed();
  }

  /** The wall clock went back: the past ends now again. The unique key of an occurrence prevents doubles. */
  #setBack(now: number): void {
    for (const known of this.#jobs.values()) {
      known.watched = known.watched.map((one) => ({ ...one, lookedAt: Math.min(one.lookedAt, now) }));
      this.#ports.schedules.looked(keysOf(known), now);
      this.#reschedule(known);
    }
  }

  #reschedule(known: KnownJob): void {
    known.nextDueAt = earliest(known.watched.map(({ schedule, lookedAt }) => nextDue(schedule, lookedAt))) ?? Infinity;
  }

  #decide(known: KnownJob, now: number, pauses: ReadonlyMap<string, Pause>): void {
    const { definition, watched } = known;
    const pausedUntil = Math.min(now, pauseEnd(definition, pauses));
    if (definition.catchUpAfterPause && pausedUntil === now) {
      known.nextDueAt = Infinity;
      return;
    }
    for (const decision of planJob(definition, watched, now, pausedUntil)) {
      if (decision.kind === 'skip') this.#skip(definition, decision);
      else if (decision.trigger === 'missed') this.#enqueue(known, decision.key, 'missed', decision.dueAt, now);
      else this.#meet(known, decision.key, decision.dueAt, now);
    }
    known.watched = watched.map((one) => ({ ...one, lookedAt: now }));
    this.#ports.schedules.looked(keysOf(known), now);
    this.#reschedule(known);
  }

  /** An occurrence that is due right now. */
  #meet(known: KnownJob, key: string, dueAt: number, now: number): void {
    const { definition } = known;
    const once = { key, trigger: 'scheduled', count: 1, firstAt: dueAt, lastAt: dueAt } as const;
    if (this.#ports.schedules.takePlannedSkip(definition.id, dueAt)) {
      this.#skip(definition, { ...once, reason: 'Taken out by you.' });
      return;
    }
    const active = this.#ports.queue.activeOf(definition.id);
    const decision = decideOverlap(definition.overlap, 'scheduled', active);
    if (decision === 'skip') {
      const reason = active.running > 0 ? 'The previous run was still running.' : 'The previous run was still waiting.';
      this.#skip(definition, { ...once, reason });
      return;
    }
    const isNew = this.#enqueue(known, key, 'scheduled', dueAt, now) !== undefined;
    if (isNew && decision === 'cancel-running-and-enqueue') this.#ports.cancelRunning(definition.id);
  }

  #enqueue(known: KnownJob, key: string, trigger: Trigger, dueAt: number, now: number): RunRecord | undefined {
    const run = newRunOf(known.definition, known.text, trigger, dueAt, now, {});
    return this.#ports.queue.enqueue(run, { schedule: key, dueAt });
  }

  #skip(definition: JobDefinition, { key, ...what }: Omit<Extract<Decision, { kind: 'skip' }>, 'kind'>): void {
    const { id, pipelineName } = definition;
    const { trigger, reason, count, firstAt, lastAt } = what;
    const at = this.#ports.clock.now();
    this.#ports.skips.record({ job: id, pipelineName, schedule: key, trigger, reason, count, firstAt, lastAt, at });
  }
}

/** The moment up to which a job's occurrences fall into a pause: of the job, of all, or of its own file; -Infinity: none. */
function pauseEnd(definition: JobDefinition, pauses: ReadonlyMap<string, Pause>): number {
  if (definition.paused) return Infinity;
  const ends = [pauses.get(ALL_JOBS), pauses.get(definition.id)].map((pause) =>
    pause === undefined ? -Infinity : (pause.untilAt ?? Infinity),
  );
  return Math.max(...ends);
}

/** A run of this definition as it is put into the queue; `text` is the definition as JSON. */
export function newRunOf(
  definition: JobDefinition,
  text: string,
  trigger: Trigger,
  dueAt: number | null,
  queuedAt: number,
  params: Readonly<Record<string, string>>,
): NewRun {
  return {
    job: definition.id,
    pipelineName: definition.pipelineName,
    trigger,
    dueAt,
    queuedAt,
    attempts: 1 + (definition.retry?.limit ?? 0),
    params,
    concurrencyGroup: definition.concurrencyGroup,
    definition: text,
  };
}

/** A schedule's identity is its text and zone, so that an edit of either begins a new past. */
function schedulesOf(definition: JobDefinition): { key: string; schedule: Schedule }[] {
  return definition.scheduler.flatMap((expression) => {
    const parsed = parseSchedule(expression, definition.timezone);
    const key = definition.timezone === null ? expression : `${expression} ${definition.timezone}`;
    return parsed.ok ? [{ key, schedule: parsed.schedule }] : [];
  });
}

function keysOf(known: KnownJob): { job: string; schedule: string }[] {
  return known.watched.map(({ key }) => ({ job: known.definition.id, schedule: key }));
}

function earliest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}
