import type { Occurrence } from '../../electron/api/api.ts';

/**
 * The coming occurrences as a picture: a lane a job, how many slots would be needed, and where more comes than the slots carry.
 * Pure; moments are epoch milliseconds.
 */
export type Lane = {
  job: string;
  /** `band`: too close to tell apart. `ticks`: hourly or closer. `bars`: as wide as the median is long. */
  kind: 'band' | 'ticks' | 'bars';
  everyMs: number | null;
  marks: { at: number; lengthMs: number; isLate: boolean }[];
};

export type Collision = { at: number; due: number; clearAt: number };

const MINUTE = 60_000;
const BAND_MS = 15 * MINUTE;
const TICK_MS = 60 * MINUTE;
/** Of a job without history. */
const UNKNOWN_MS = MINUTE;
/** A shorter wait is the queue doing its work and not worth a look. */
const LATE_MS = 5 * MINUTE;

const lengthOf = (occurrence: Occurrence): number => occurrence.medianMs ?? UNKNOWN_MS;

/**
 * Plays the queue, first in first out, with every run as long as its median. An occurrence whose job still runs or waits is
 * skipped, which is what `overlap` does unless it is told otherwise.
 */
export function findCollisions(
  occurrences: readonly Occurrence[],
  slots: number,
): { collisions: Collision[]; late: Set<Occurrence> } {
  const freeAt = Array<number>(Math.max(1, slots)).fill(0);
  const busyUntil = new Map<string, number>();
  const collisions: Collision[] = [];
  const late = new Set<Occurrence>();
  for (const occurrence of occurrences) {
    const { job, dueAt } = occurrence;
    if ((busyUntil.get(job) ?? 0) > dueAt) continue;
    const slot = freeAt.indexOf(Math.min(...freeAt));
    const startAt = Math.max(dueAt, freeAt[slot]!);
    freeAt[slot] = startAt + lengthOf(occurrence);
    busyUntil.set(job, freeAt[slot]);
    if (startAt - dueAt < LATE_MS) continue;
    late.add(occurrence);
    const last = collisions.at(-1);
    if (last && dueAt < last.clearAt) last.clearAt = Math.max(last.clearAt, startAt);
    else
      collisions.push({
        at: dueAt,
        due: occurrences.filter((other) => other.dueAt === dueAt).length,
        clearAt: startAt,
      });
  }
  // All that came due at the moment of a collision is part of it, also what was lucky.
  const moments = new Set(collisions.map(({ at }) => at));
  for (const occurrence of occurrences) if (moments.has(occurrence.dueAt)) late.add(occurrence);
  return { collisions, late };
}

export function toLanes(occurrences: readonly Occurrence[], late: ReadonlySet<Occurrence>): Lane[] {
  const byJob = Map.groupBy(occurrences, ({ job }) => job);
  const rank = { band: 0, ticks: 1, bars: 2 };
  return [...byJob]
    .map(([job, all]): Lane => {
      const everyMs = all.length > 1 ? (all.at(-1)!.dueAt - all[0]!.dueAt) / (all.length - 1) : null;
      const kind = everyMs === null || everyMs > TICK_MS ? 'bars' : everyMs > BAND_MS ? 'ticks' : 'band';
      const marks = all.map((one) => ({ at: one.dueAt, lengthMs: lengthOf(one), isLate: late.has(one) }));
      return { job, kind, everyMs, marks };
    })
    .sort(
      (a, b) =>
        rank[a.kind] - rank[b.kind] || (a.kind === 'bars' ? a.marks[0]!.at - b.marks[0]!.at : a.everyMs! - b.everyMs!),
    );
}

/** The most runs at once in each bucket, were all started when due. */
export function slotsNeeded(
  occurrences: readonly Occurrence[],
  fromAt: number,
  bucketMs: number,
  buckets: number,
): number[] {
  const changes = occurrences
    .flatMap((one) => [
      { at: one.dueAt, by: 1 },
      { at: one.dueAt + lengthOf(one), by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  const peaks: number[] = [];
  let now = 0;
  let next = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const endAt = fromAt + (bucket + 1) * bucketMs;
    let peak = now;
    for (; next < changes.length && changes[next]!.at < endAt; next++) {
      now += changes[next]!.by;
      peak = Math.max(peak, now);
    }
    peaks.push(peak);
  }
  return peaks;
}
