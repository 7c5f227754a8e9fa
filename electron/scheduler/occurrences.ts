import type { Clock } from './clock.ts';
import type { JobDefinition } from './job-file/definition.ts';
import { newRunOf } from './new-run-of.ts';
import type { JobQueue, NewRun, ToEnqueue } from './queue/job-queue.ts';
import { decideOverlap } from './queue/overlap.ts';
import type { ScheduleStore } from './store/schedule-store.ts';
import type { SkipStore } from './store/skip-store.ts';
import type { ClosedHours } from './trigger/closed-hours.ts';
import { jitteredStart } from './trigger/jitter.ts';
import type { Zone } from './trigger/zone.ts';
import { plainDue, planJob, type Decision, type Watched } from './trigger/plan-job.ts';

/** What is known of it moves on with each look, in place: ten thousand new ones a look would be the garbage of a full collection. */
export interface WatchedSchedule extends Watched {
  readonly id: number;
  lookedAt: number;
}

/** A job as the scheduler watches it. */
export interface KnownJob {
  readonly definition: JobDefinition;
  readonly closed: ClosedHours | null;
  readonly watched: readonly WatchedSchedule[];
  /** The nearest due moment of all its schedules; Infinity: none, or not to be looked at while it is paused. */
  nextDueAt: number;
  /** Its job is another one by now, or none. */
  isGone: boolean;
}

/** What is the same for all jobs that are decided together. */
export interface Look {
  readonly now: number;
  /** The machine's zone. */
  readonly here: Zone;
  /** Whether any coming occurrence was taken out. */
  readonly mayBeTakenOut: boolean;
}

/** A run that takes its place in the queue together with others of the same look. */
export interface Deferred extends ToEnqueue {
  readonly known: KnownJob;
  readonly replaces: boolean;
}

export interface OccurrencesPorts {
  readonly clock: Clock;
  readonly queue: JobQueue;
  readonly schedules: ScheduleStore;
  readonly skips: SkipStore;
}

/** What becomes of the occurrences of one job; every method belongs inside the transaction of a look. */
export class Occurrences {
  readonly #ports: OccurrencesPorts;

  constructor(ports: OccurrencesPorts) {
    this.#ports = ports;
  }

  /**
   * Returns whether a new run takes the place of those that are running; or, where the job has no other decision that could depend on
   * it, the run itself, to be queued with others.
   */
  decide(known: KnownJob, { now, here, mayBeTakenOut }: Look, pausedUntil: number): boolean | Deferred {
    const { definition, watched, closed } = known;
    const dueAt = mayBeTakenOut ? undefined : plainDue(known, now, pausedUntil, here);
    if (dueAt === null) return false;
    if (dueAt !== undefined) return this.#meet(known, watched[0]!, 'scheduled', dueAt, now) ?? false;

    const decisions = planJob(definition, watched, now, pausedUntil, closed);
    let replaces = false;
    for (const decision of decisions) {
      if (decision.kind === 'skip') this.#skip(definition, decision);
      else if (mayBeTakenOut && this.#ports.schedules.takePlannedSkip(definition.id, decision.dueAt)) {
        this.#skip(definition, { ...once(decision), reason: 'Taken out by you.' });
      } else {
        const by = watched.find((one) => one.key === decision.key)!;
        const met = this.#meet(known, by, decision.trigger, decision.dueAt, now);
        if (met === undefined) continue;
        if (decisions.length === 1) return met;
        if (this.#ports.queue.enqueueAll([met])[0] !== undefined && met.replaces) replaces = true;
      }
    }
    return replaces;
  }

  /** Undefined where an occurrence that is due right now is skipped because of another run of the job. */
  #meet(known: KnownJob, by: WatchedSchedule, trigger: Due, dueAt: number, now: number): Deferred | undefined {
    const { definition } = known;
    const { overlap } = definition;
    const { key, id: scheduleId } = by;
    const isFree = trigger === 'missed' || overlap === 'queue-all' || overlap === 'allow';
    const active = isFree ? NONE : this.#ports.queue.activeOf(definition.id);
    const decided = decideOverlap(overlap, trigger, active);
    if (decided === 'skip') {
      const reason = active.running > 0 ? 'The previous run was still running.' : 'The previous run was still waiting.';
      this.#skip(definition, { ...once({ key, trigger, dueAt }), reason });
      return undefined;
    }
    return {
      run: this.#runOf(known, key, trigger, dueAt, now),
      occurrence: { schedule: key, scheduleId, dueAt },
      known,
      replaces: decided === 'cancel-running-and-enqueue',
    };
  }

  #runOf({ definition, closed }: KnownJob, key: string, trigger: Due, dueAt: number, now: number): NewRun {
    const run = newRunOf(definition, trigger, dueAt, now);
    // What is caught up is late already.
    if (trigger !== 'scheduled' || definition.jitterMs === 0) return run;
    const notBeforeAt = jitteredStart({ job: definition.id, schedule: key, dueAt }, definition.jitterMs, closed);
    return notBeforeAt > now ? { ...run, notBeforeAt } : run;
  }

  #skip(definition: JobDefinition, { key, ...what }: Omit<Extract<Decision, { kind: 'skip' }>, 'kind'>): void {
    const { id, pipelineName } = definition;
    const { trigger, reason, count, firstAt, lastAt } = what;
    const at = this.#ports.clock.now();
    this.#ports.skips.record({ job: id, pipelineName, schedule: key, trigger, reason, count, firstAt, lastAt, at });
  }
}

const NONE = { queued: 0, running: 0 };

type Due = Extract<Decision, { kind: 'run' }>['trigger'];

/** One occurrence, as it is told of where it is not run. */
function once({ key, trigger, dueAt }: { key: string; trigger: Due; dueAt: number }) {
  return { key, trigger, count: 1, firstAt: dueAt, lastAt: dueAt };
}
