/** How often all jobs are looked at; that a run's end may send others away is seen at once. */
const LOOK_EVERY_MS = 60 * 60_000;
/** After a start others have more urgent work. */
const FIRST_LOOK_MS = 60_000;
/** Ages are counted in days; the folders are swept as often. */
const AGE_EVERY_MS = 24 * 60 * 60_000;
/** Between two looks of a machine in use lies less than this. */
const BELIEVED_MS = 36 * 60 * 60_000;

/** When it was looked, at all and for ages; null: never. */
export interface Looks {
  readonly lookedAt: number | null;
  readonly agedAt: number | null;
}

/**
 * Whether a look takes what is too old as well. A clock that has jumped, because its battery is empty or a person mistyped the
 * year, would make a whole history old in one moment: after a long time away the first look takes nothing for its age, and the one
 * an hour later does if the clock still says so. A clock that is behind its last look makes nothing old.
 */
export function isAgeDue({ lookedAt, agedAt }: Looks, now: number): boolean {
  if (lookedAt === null || Math.abs(now - lookedAt) > BELIEVED_MS) return false;
  return agedAt === null || Math.abs(now - agedAt) >= AGE_EVERY_MS;
}

/** Whether an hour has passed since the last look, or a minute since the start, on a clock that may be set. */
export function isLookDue({ startedAt, lookedAt }: { startedAt: number; lookedAt: number }, now: number): boolean {
  return Math.abs(now - startedAt) >= FIRST_LOOK_MS && Math.abs(now - lookedAt) >= LOOK_EVERY_MS;
}
