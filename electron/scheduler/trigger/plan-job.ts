import type { JobDefinition } from '../job-file/definition.ts';
import { countByHours, isClosed, type ClosedHours } from './closed-hours.ts';
import { countDue, lastDue, nextDue, type Schedule } from './cron.ts';
import type { Zone } from './zone.ts';
import { NEWEST_ONLY, ON_TIME_MS, planMissed } from './missed.ts';

/** One schedule of a job, and up to where its occurrences are decided. */
export interface Watched {
  /** The text of its expression and zone: its identity, so that an edit of either begins a new past. */
  readonly key: string;
  readonly schedule: Schedule;
  readonly lookedAt: number;
}

export type Decision =
  | { readonly kind: 'run'; readonly key: string; readonly trigger: 'scheduled' | 'missed'; readonly dueAt: number }
  | {
      readonly kind: 'skip';
      readonly key: string;
      readonly trigger: 'scheduled' | 'missed';
      readonly count: number;
      readonly firstAt: number;
      readonly lastAt: number;
      readonly reason: string;
    };

/**
 * What a look at the clock means for one job, all its schedules together; what falls into a pause (up to `pausedUntil`) is
 * skipped, unless the job catches up: then it is missed like any other. What falls into closed hours is skipped and never caught
 * up, and nothing is caught up in them.
 *
 * Moments of two schedules that coincide are one run, under the first schedule's key. `run-once` is once for the job: the newest
 * occurrence of all its schedules, and where one is due on time, that is the newest.
 */
export function planJob(
  job: Pick<JobDefinition, 'onMissed' | 'missedDeadlineMs' | 'catchUpAfterPause'>,
  watched: readonly Watched[],
  now: number,
  pausedUntil: number,
  closed: ClosedHours | null,
): Decision[] {
  const skips: Decision[] = [];
  const missed = new Map<number, string>();
  const onTime = new Map<number, string>();
  for (const one of watched) {
    const gap = job.catchUpAfterPause ? undefined : pausedGap(one, Math.min(pausedUntil, now));
    if (gap !== undefined) skips.push(gap);
    const lookedAt = job.catchUpAfterPause ? one.lookedAt : Math.max(one.lookedAt, Math.min(pausedUntil, now));
    const shut = closed === null ? null : countByHours(one.schedule, closed, lookedAt, now).closed;
    if (shut !== null)
      skips.push({ kind: 'skip', key: one.key, trigger: 'scheduled', ...shut, reason: closed!.reason });
    const plan = planMissed({ ...job, schedule: one.schedule, closed, lookedAt, now });
    if (plan.skipped !== null) skips.push({ kind: 'skip', key: one.key, trigger: 'missed', ...plan.skipped });
    for (const dueAt of plan.missed) if (!missed.has(dueAt)) missed.set(dueAt, one.key);
    for (const dueAt of plan.due) if (!onTime.has(dueAt)) onTime.set(dueAt, one.key);
  }
  const caughtUp = inOrder(missed);
  const isShut = closed !== null && isClosed(closed, now);
  // Of run-all, every one is run; of run-once, what is not the newest is told like what planMissed itself left out.
  const keep = isShut ? 0 : job.onMissed !== 'run-once' ? caughtUp.length : onTime.size > 0 ? 0 : 1;
  const tooOld = caughtUp.slice(0, Math.max(0, caughtUp.length - keep));
  const reason = isShut ? closed.reason : NEWEST_ONLY;
  return [
    ...skips,
    ...tooOld.map(([at, key]): Decision => ({ ...SKIP_ONE, key, firstAt: at, lastAt: at, reason })),
    ...caughtUp.slice(tooOld.length).map(([dueAt, key]): Decision => ({ kind: 'run', key, trigger: 'missed', dueAt })),
    ...inOrder(onTime).map(([dueAt, key]): Decision => ({ kind: 'run', key, trigger: 'scheduled', dueAt })),
  ];
}

/** What `plainDue` asks of a job. */
export interface PlainlyWatched {
  readonly watched: readonly Watched[];
  readonly closed: ClosedHours | null;
  /** The first moment of its schedules after they were looked at. */
  readonly nextDueAt: number;
}

/**
 * What nearly every look finds, without the lists that thousands of jobs would make: of a job with one schedule the one occurrence that
 * is due, on time, and null where none is. Undefined where it may be anything else, which `planJob` tells.
 *
 * @param here the machine's zone
 */
export function plainDue(job: PlainlyWatched, now: number, pausedUntil: number, here: Zone): number | null | undefined {
  const only = job.watched[0];
  if (only === undefined || job.watched.length > 1 || job.closed !== null || pausedUntil > only.lookedAt)
    return undefined;
  const dueAt = job.nextDueAt;
  if (dueAt > now) return null;
  if (dueAt < now - ON_TIME_MS) return undefined;
  const after = nextDue(only.schedule, dueAt, here);
  return after === null || after > now ? dueAt : undefined;
}

const SKIP_ONE = { kind: 'skip', trigger: 'missed', count: 1 } as const;

function pausedGap({ schedule, lookedAt, key }: Watched, until: number): Decision | undefined {
  if (until <= lookedAt) return undefined;
  const count = countDue(schedule, lookedAt, until);
  const firstAt = nextDue(schedule, lookedAt);
  const lastAt = lastDue(schedule, until);
  if (count === 0 || firstAt === null || lastAt === null) return undefined;
  return { kind: 'skip', key, trigger: 'scheduled', count, firstAt, lastAt, reason: 'Paused.' };
}

function inOrder(moments: ReadonlyMap<number, string>): [number, string][] {
  return [...moments].sort(([a], [b]) => a - b);
}
