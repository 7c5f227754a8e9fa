import type { OnMissed } from '../job-file/definition.ts';
import { countByHours, lastOpenDue, nextOpenDue, openDueBetween, type ClosedHours } from './closed-hours.ts';
import type { Schedule } from './cron.ts';

/** Later than this is missed: a timer waits 30 s at most, so what a running machine meets is never older. */
export const ON_TIME_MS = 30_000;

/** `run-all` runs this many at most. They are the newest: what is recent matters most, and is what `run-once` would choose. */
export const RUN_ALL_LIMIT = 100;

export interface Past {
  readonly schedule: Schedule;
  /** What is due in these is none of ours: it is never run, not even later. */
  readonly closed: ClosedHours | null;
  /** Up to and with this moment everything has been decided. */
  readonly lookedAt: number;
  readonly now: number;
  readonly onMissed: OnMissed;
  /** What is later than this is not worth a run any more. */
  readonly missedDeadlineMs: number;
}

/** What to do with each open occurrence after `lookedAt`, up to and with `now`: every one is in exactly one of the three. */
export interface MissedPlan {
  /** On time; to run as `scheduled`, oldest first. */
  readonly due: readonly number[];
  /** To run as `missed`, oldest first. */
  readonly missed: readonly number[];
  readonly skipped: {
    readonly count: number;
    readonly firstAt: number;
    readonly lastAt: number;
    /** A sentence without moments or counts, so that one reason stays one row. */
    readonly reason: string;
  } | null;
}

const NOTHING: MissedPlan = { due: [], missed: [], skipped: null };

/**
 * What a look at the clock means for one schedule, whether the machine slept, Nightjar was closed or nothing happened at all.
 * Where the clock was set back there is nothing to do; who looks then sets `lookedAt` back to `now`.
 *
 * Costs about a millisecond for any length of absence: skipped occurrences are counted and never walked.
 */
export function planMissed(past: Past): MissedPlan {
  const { schedule, closed, lookedAt, now } = past;
  if (now <= lookedAt) return NOTHING;
  const onTimeAfter = Math.max(lookedAt, now - ON_TIME_MS - 1);
  const due = openDueBetween(schedule, closed, onTimeAfter, now);
  if (onTimeAfter === lookedAt) return { ...NOTHING, due };

  const missed = worthRunning(past, onTimeAfter);
  // All that is skipped is older than all that is run.
  const skippedUntil = (missed[0] ?? onTimeAfter + 1) - 1;
  const count = countByHours(schedule, closed, lookedAt, skippedUntil).open;
  const firstAt = nextOpenDue(schedule, closed, lookedAt);
  const lastAt = lastOpenDue(schedule, closed, skippedUntil);
  if (count === 0 || firstAt === null || lastAt === null) return { due, missed, skipped: null };
  return { due, missed, skipped: { count, firstAt, lastAt, reason: reasonFor(past, missed.length) } };
}

/** The newest of those missed until `until` that are to run, oldest first. */
function worthRunning({ schedule, closed, lookedAt, now, onMissed, missedDeadlineMs }: Past, until: number): number[] {
  const limit = limitOf(onMissed);
  const after = Math.max(lookedAt, now - missedDeadlineMs - 1);
  const moments: number[] = [];
  for (
    let at = limit > 0 ? lastOpenDue(schedule, closed, until) : null;
    at !== null && at > after;
    at = lastOpenDue(schedule, closed, at - 1)
  ) {
    moments.unshift(at);
    if (moments.length === limit) break;
  }
  return moments;
}

function limitOf(onMissed: OnMissed): number {
  switch (onMissed) {
    case 'skip':
      return 0;
    case 'run-once':
      return 1;
    case 'run-all':
      return RUN_ALL_LIMIT;
    default:
      return onMissed satisfies never;
  }
}

const WHY = 'Missed while the machine slept or Nightjar was not running';
/** Why an older occurrence is not run where `run-once` runs the newest. */
export const NEWEST_ONLY = `${WHY}; \`on_missed: run-once\` runs the newest only.`;

function reasonFor({ onMissed }: Past, runs: number): string {
  switch (onMissed) {
    case 'skip':
      return `${WHY}; \`on_missed: skip\` runs none of them.`;
    case 'run-once':
      return runs === 0 ? `${WHY}, for longer than \`missed_deadline\`.` : NEWEST_ONLY;
    case 'run-all':
      return runs < RUN_ALL_LIMIT
        ? `${WHY}, for longer than \`missed_deadline\`.`
        : `${WHY}; \`on_missed: run-all\` runs the newest ${RUN_ALL_LIMIT}.`;
    default:
      return onMissed satisfies never;
  }
}
