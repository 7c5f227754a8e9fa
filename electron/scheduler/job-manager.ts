import type { Clock } from './clock.ts';
import type { JobDefinition } from './job-file/definition.ts';
import { Occurrences, type Deferred, type KnownJob } from './occurrences.ts';
import type { JobQueue } from './queue/job-queue.ts';
import type { Pause, ScheduleRecord, ScheduleStore } from './store/schedule-store.ts';
import { ALL_JOBS } from './store/schedule-store.ts';
import type { SkipStore } from './store/skip-store.ts';
import { closedHoursOf, nextOpenDue } from './trigger/closed-hours.ts';
import { nextDue, parseSchedule, type Schedule } from './trigger/cron.ts';
import { machineZone } from './trigger/zones.ts';

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

/** Jobs decided in one transaction, at most; and how long it may go on before the event loop has its turn. */
const CHUNK = 200;
const SLICE_MS = 6;

/**
 * Knows the jobs, finds what is due, and fills the queue.
 *
 * What is due is computed from the wall clock and from what each schedule was last looked at; nothing depends on when the look
 * comes, so one that is late, doubled, or interrupted between two chunks changes nothing. Each occurrence is decided in the
 * transaction that records the decision.
 */
export class JobManager {
  readonly #ports: JobManagerPorts;
  readonly #occurrences: Occurrences;
  readonly #jobs = new Map<string, KnownJob>();
  readonly #pausedByFile = new Set<string>();
  #lastLookAt = -Infinity;
  #machineZone = machineZone();
  #looking: Promise<void> | undefined;

  constructor(ports: JobManagerPorts) {
    this.#ports = ports;
    this.#occurrences = new Occurrences(ports);
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

  /** The next occurrence that will be run; null where the job is not known, manual only, or never due again. */
  nextDueOf(job: string): number | null {
    const known = this.#jobs.get(job);
    if (known === undefined) return null;
    const now = this.#ports.clock.now();
    if (known.closed === null && known.nextDueAt > now && known.nextDueAt < Infinity) return known.nextDueAt;
    return earliest(known.watched.map(({ schedule }) => nextOpenDue(schedule, known.closed, now)));
  }

  /**
   * Takes jobs in, new or changed. The past of a schedule begins when it is first seen; one that comes back after its job or its
   * text was gone begins anew, whereas at the start (`isStart`) what was missed meanwhile counts.
   */
  setJobs(definitions: readonly JobDefinition[], isStart = false): void {
    const now = this.#ports.clock.now();
    const parsed = definitions.map((definition) => ({ definition, schedules: schedulesOf(definition) }));
    const keys = parsed.flatMap(({ definition, schedules }) =>
      schedules.map(({ key }) => ({ job: definition.id, schedule: key })),
    );
    const seen = this.#ports.schedules.see(keys, now)[Symbol.iterator]();
    const back: number[] = [];
    for (const { definition, schedules } of parsed) {
      const before = this.#jobs.get(definition.id);
      if (before !== undefined) before.isGone = true;
      const watched = schedules.map(({ key, schedule }) => {
        const { id, lookedAt } = seen.next().value as ScheduleRecord;
        const isBack = !isStart && !before?.watched.some((one) => one.key === key);
        if (isBack && lookedAt < now) back.push(id);
        return { id, key, schedule, lookedAt: isBack ? now : Math.min(lookedAt, now) };
      });
      const closed = closedHoursOf(definition.notBetween, definition.timezone);
      const known: KnownJob = { definition, closed, watched, nextDueAt: Infinity, isGone: false };
      this.#jobs.set(definition.id, known);
      if (definition.paused) this.#pausedByFile.add(definition.id);
      else this.#pausedByFile.delete(definition.id);
      this.#reschedule(known);
    }
    this.#ports.schedules.looked(back, now);
  }

  removeJobs(ids: readonly string[]): void {
    for (const id of ids) {
      const known = this.#jobs.get(id);
      if (known !== undefined) known.isGone = true;
      this.#jobs.delete(id);
      this.#pausedByFile.delete(id);
    }
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
    if (now < this.#lastLookAt) await this.#setBack(now);
    this.#lastLookAt = now;
    this.#noticeJourney();
    const pauses = this.#ports.schedules.pauses();
    const over = [...pauses].filter(([, { untilAt }]) => untilAt !== null && untilAt <= now).map(([job]) => job);
    // Jobs that were left alone during a pause have something to say once it is over.
    if (over.length > 0)
      for (const known of this.#jobs.values()) if (known.nextDueAt === Infinity) this.#reschedule(known);

    const due = [...this.#jobs.values()].filter((known) => known.nextDueAt <= now);
    await inChunks(due, (chunk) => this.#decideAll(chunk, now, pauses));
    const current = over.length === 0 ? pauses : this.#ports.schedules.pauses();
    for (const job of over) {
      // Somebody may have made it longer meanwhile.
      if (current.get(job)?.untilAt === pauses.get(job)?.untilAt) this.#ports.schedules.resume(job);
    }
    if (due.length > 0 || over.length > 0) this.#ports.changed();
  }

  /**
   * The wall clock went back: a past that reached further ends now. The unique key of an occurrence prevents doubles. A clock
   * that is corrected by a second concerns the few jobs that were due in it.
   */
  async #setBack(now: number): Promise<void> {
    const ahead = [...this.#jobs.values()].filter(({ watched }) => watched.some(({ lookedAt }) => lookedAt > now));
    await inChunks(ahead, (chunk) => {
      this.#ports.atomically(() => this.#ports.schedules.looked(chunk.flatMap(schedulesOfKnown), now));
      for (const known of chunk) this.#lookedAt(known, now);
      return chunk.length;
    });
  }

  /** Elsewhere a schedule without a zone is due at another moment, which may be sooner. */
  #noticeJourney(): void {
    const zone = machineZone();
    if (zone === this.#machineZone) return;
    this.#machineZone = zone;
    for (const known of this.#jobs.values()) this.#reschedule(known);
    this.#ports.changed();
  }

  #lookedAt(known: KnownJob, now: number): void {
    for (const one of known.watched) one.lookedAt = now;
    this.#reschedule(known);
  }

  #reschedule(known: KnownJob): void {
    const here = this.#machineZone;
    known.nextDueAt = Infinity;
    for (const { schedule, lookedAt } of known.watched)
      known.nextDueAt = Math.min(known.nextDueAt, nextDue(schedule, lookedAt, here) ?? Infinity);
  }

  /** What is known changes only when the decisions are on disk: a transaction that fails is tried again from the beginning. */
  #decideAll(chunk: readonly KnownJob[], now: number, pauses: ReadonlyMap<string, Pause>): number {
    const isLeftAlone = ({ definition }: KnownJob): boolean =>
      definition.catchUpAfterPause && pauseEnd(definition, pauses) >= now;
    const decided = this.#ports.atomically(() => {
      const until = performance.now() + SLICE_MS;
      const look = { now, here: this.#machineZone, mayBeTakenOut: this.#ports.schedules.hasPlannedSkips() };
      const done: KnownJob[] = [];
      const looked: number[] = [];
      const deferred: Deferred[] = [];
      const replaced = new Set<KnownJob>();
      for (const known of chunk) {
        if (done.length > 0 && performance.now() > until) break;
        done.push(known);
        // Between two chunks a file may have changed or gone; what it is now has its own turn.
        if (known.isGone || isLeftAlone(known)) continue;
        const pausedUntil = Math.min(now, pauseEnd(known.definition, pauses));
        const met = this.#occurrences.decide(known, look, pausedUntil);
        if (typeof met === 'object') deferred.push(met);
        else if (met) replaced.add(known);
        // One occurrence of the only schedule notes by itself up to where was looked.
        if (typeof met !== 'object' || known.watched.length > 1) for (const { id } of known.watched) looked.push(id);
      }
      const queued = this.#ports.queue.enqueueAll(deferred);
      for (const [index, { known, replaces }] of deferred.entries()) {
        if (replaces && queued[index] !== undefined) replaced.add(known);
      }
      this.#ports.schedules.looked(looked, now);
      return { done, replaced };
    });
    for (const known of decided.done) {
      if (decided.replaced.has(known)) this.#ports.cancelRunning(known.definition.id);
      if (isLeftAlone(known)) known.nextDueAt = Infinity;
      else this.#lookedAt(known, now);
    }
    return decided.done.length;
  }
}

/** So few at a time that the event loop stays free; `change` returns how many of its chunk it got done. */
async function inChunks(jobs: readonly KnownJob[], change: (chunk: readonly KnownJob[]) => number): Promise<void> {
  for (let from = 0; from < jobs.length;) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    from += change(jobs.slice(from, from + CHUNK));
  }
}

/** The moment up to which a job's occurrences fall into a pause: of the job, of all, or of its own file; -Infinity: none. */
function pauseEnd(definition: JobDefinition, pauses: ReadonlyMap<string, Pause>): number {
  if (definition.paused) return Infinity;
  if (pauses.size === 0) return -Infinity;
  const ends = [pauses.get(ALL_JOBS), pauses.get(definition.id)].map((pause) =>
    pause === undefined ? -Infinity : (pause.untilAt ?? Infinity),
  );
  return Math.max(...ends);
}

/** A schedule's identity is its text and zone, so that an edit of either begins a new past. */
function schedulesOf(definition: JobDefinition): { key: string; schedule: Schedule }[] {
  return definition.scheduler.flatMap((expression) => {
    const parsed = parseSchedule(expression, definition.timezone);
    const key = definition.timezone === null ? expression : `${expression} ${definition.timezone}`;
    return parsed.ok ? [{ key, schedule: parsed.schedule }] : [];
  });
}

const schedulesOfKnown = ({ watched }: KnownJob): number[] => watched.map(({ id }) => id);

function earliest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}
