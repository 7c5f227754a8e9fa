import type { Occurrence, OccurrenceBand } from '../../electron/api/api.ts';

/**
 * The coming occurrences as a picture: a lane a job, how many slots would be needed, and where more comes than the slots carry.
 * Pure; moments are epoch milliseconds.
 */
export type Lane = {
  job: string;
  /** `band`: too close to tell apart. `ticks`: hourly or closer. `bars`: as wide as the median is long. */
  kind: 'band' | 'ticks' | 'bars';
  everyMs: number | null;
  /** Of a band only the first few. */
  marks: { at: number; lengthMs: number; isLate: boolean }[];
  /** How often it is due, those included that have no mark. */
  count: number;
  /** Of a band: from when until when; it may pause at night. */
  stretches: { fromAt: number; toAt: number }[];
};

export type Collision = { at: number; due: number; clearAt: number };

const MINUTE = 60_000;
const BAND_MS = 15 * MINUTE;
const TICK_MS = 60 * MINUTE;
/** Of a job without history. */
const UNKNOWN_MS = MINUTE;
/** A shorter wait is the queue doing its work and not worth a look. */
const LATE_MS = 5 * MINUTE;

/** What bands are laid out into, at most, to see what collides: enough for a bar chart of half hours, and quick. */
const SPREAD_TOTAL = 12_000;

const lengthOf = (occurrence: { medianMs: number | null }): number => occurrence.medianMs ?? UNKNOWN_MS;

/**
 * Bands as occurrences, spread evenly. Where they are too many, one stands for several in a row and is as long as they are together,
 * so that the load stays the same.
 */
export function spread(bands: readonly OccurrenceBand[]): Occurrence[] {
  const most = Math.max(48, Math.floor(SPREAD_TOTAL / Math.max(1, bands.length)));
  return bands.flatMap((band) => {
    const count = Math.min(band.count, most);
    const stepMs = (band.lastAt - band.firstAt) / Math.max(1, count - 1);
    const medianMs = (lengthOf(band) * band.count) / count;
    return Array.from({ length: count }, (_, i) => ({ job: band.job, dueAt: band.firstAt + i * stepMs, medianMs }));
  });
}

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
  const dueAtOnce = new Map<number, number>();
  for (const { dueAt } of occurrences) dueAtOnce.set(dueAt, (dueAtOnce.get(dueAt) ?? 0) + 1);
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
        due: dueAtOnce.get(dueAt)!,
        clearAt: startAt,
      });
  }
  // All that came due at the moment of a collision is part of it, also what was lucky.
  const moments = new Set(collisions.map(({ at }) => at));
  for (const occurrence of occurrences) if (moments.has(occurrence.dueAt)) late.add(occurrence);
  return { collisions, late };
}

export function toLanes(
  occurrences: readonly Occurrence[],
  bands: readonly OccurrenceBand[],
  late: ReadonlySet<Occurrence>,
): Lane[] {
  const marks = Map.groupBy(occurrences, ({ job }) => job);
  const byJob = Map.groupBy(bands, ({ job }) => job);
  const rank = { band: 0, ticks: 1, bars: 2 };
  return [...new Set([...marks.keys(), ...byJob.keys()])]
    .map((job): Lane => {
      const known = byJob.get(job) ?? [];
      const all = marks.get(job) ?? [];
      const told = known.length > 0 ? known : together(all);
      const everyMs = everyMsOf(told);
      const isBand = known.length > 0 || (everyMs !== null && everyMs <= BAND_MS);
      return {
        job,
        kind: isBand ? 'band' : everyMs === null || everyMs > TICK_MS ? 'bars' : 'ticks',
        everyMs,
        marks: all.map((one) => ({ at: one.dueAt, lengthMs: lengthOf(one), isLate: late.has(one) })),
        count: told.reduce((sum, { count }) => sum + count, 0),
        stretches: isBand ? told.map(({ firstAt, lastAt }) => ({ fromAt: firstAt, toAt: lastAt })) : [],
      };
    })
    .sort(
      (a, b) =>
        rank[a.kind] - rank[b.kind] ||
        (a.kind === 'bars' ? a.marks[0]!.at - b.marks[0]!.at : (a.everyMs ?? 0) - (b.everyMs ?? 0)),
    );
}

type Stretch = Pick<OccurrenceBand, 'firstAt' | 'lastAt' | 'count'>;

/** As stretches: a gap much longer than most parts two, because in closed hours nothing is due. */
function together(all: readonly Occurrence[]): Stretch[] {
  const gaps = all.slice(1).map(({ dueAt }, index) => dueAt - all[index]!.dueAt);
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  const stretches: { firstAt: number; lastAt: number; count: number }[] = [];
  for (const { dueAt } of all) {
    const last = stretches.at(-1);
    if (last === undefined || dueAt - last.lastAt > 3 * usual) {
      stretches.push({ firstAt: dueAt, lastAt: dueAt, count: 1 });
    } else {
      last.lastAt = dueAt;
      last.count += 1;
    }
  }
  return stretches;
}

/** On average, pauses between stretches left out. */
function everyMsOf(stretches: readonly Stretch[]): number | null {
  const gaps = stretches.reduce((sum, { count }) => sum + count - 1, 0);
  const lengthMs = stretches.reduce((sum, { firstAt, lastAt }) => sum + lastAt - firstAt, 0);
  return gaps === 0 ? null : lengthMs / gaps;
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
