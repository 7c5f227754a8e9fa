import type { Occurrence, OccurrenceBand, Upcoming } from '../../api/api.ts';
import { Slices } from '../slices.ts';
import { countByHours, nextOpenDue, lastOpenDue, type ClosedHours } from '../trigger/closed-hours.ts';
import type { Schedule } from '../trigger/cron.ts';

/** A job's schedules, from when they count (now, or the end of a pause), and the moments that were taken out of them. */
export interface Coming {
  readonly job: string;
  readonly schedules: readonly Schedule[];
  readonly closed: ClosedHours | null;
  readonly fromAt: number;
  readonly takenOut: ReadonlySet<number>;
  readonly medianMs: () => number | null;
}

const HOUR_MS = 3_600_000;
/** Closer than every quarter of an hour for two days: more marks than a screen has room for. */
const MOST_PER_JOB = 192;
/** What is due once a day is told as it is, however many jobs there are. */
const LEAST_PER_JOB = 2;
/** Of a job told as a band, so many are told one by one, where there is room: enough to choose one to leave out. */
const FIRST_OF_BAND = 5;

/**
 * Coming occurrences of `count` jobs up to a moment, in order, about `limit` of them. Every job has the same share: one that is due more
 * often is told by bands, and its first few occurrences. Costs by the number of schedules and the length of the answer, however
 * often they are due, and gives way to others every few milliseconds.
 */
export async function upcomingOf(
  count: number,
  jobs: Iterable<Coming>,
  untilAt: number,
  limit: number,
): Promise<Upcoming> {
  const share = Math.max(LEAST_PER_JOB, Math.min(MOST_PER_JOB, Math.floor(limit / Math.max(1, count))));
  const occurrences: Occurrence[] = [];
  const bands: OccurrenceBand[] = [];
  const slices = new Slices();
  for (const one of jobs) {
    if (slices.isOver) await slices.rest();
    const dueCount = countBetween(one, one.fromAt, untilAt);
    if (dueCount === 0) continue;
    const isBand = dueCount > share;
    const medianMs = one.medianMs();
    for (const dueAt of firstOf(one, untilAt, isBand ? Math.min(FIRST_OF_BAND, share) : share))
      occurrences.push({ job: one.job, dueAt, medianMs });
    if (isBand) bands.push(...bandsOf(one, untilAt, medianMs));
  }
  // Twenty thousand are a slice of their own.
  await slices.rest();
  return { occurrences: occurrences.sort((a, b) => a.dueAt - b.dueAt), bands };
}

/** Where two schedules of a job coincide, both are counted. */
function countBetween({ schedules, closed }: Coming, afterAt: number, toAt: number): number {
  return schedules.reduce((sum, schedule) => sum + countByHours(schedule, closed, afterAt, toAt).open, 0);
}

function firstOf(one: Coming, untilAt: number, limit: number): number[] {
  const moments = new Set<number>();
  // One more for each that may turn out to be taken out.
  const wanted = limit + one.takenOut.size;
  for (const schedule of one.schedules) {
    let at = nextOpenDue(schedule, one.closed, one.fromAt);
    for (let taken = 0; at !== null && at <= untilAt && taken < wanted; taken += 1) {
      moments.add(at);
      at = nextOpenDue(schedule, one.closed, at);
    }
  }
  const left = [...moments].filter((at) => !one.takenOut.has(at));
  return left.sort((a, b) => a - b).slice(0, limit);
}

/** Hour by hour, so that what is due from nine to five is no band through the night; hours in a row are one band. */
function bandsOf(one: Coming, untilAt: number, medianMs: number | null): OccurrenceBand[] {
  const stretches: { fromAt: number; toAt: number; count: number }[] = [];
  for (let at = one.fromAt; at < untilAt; at += HOUR_MS) {
    const toAt = Math.min(at + HOUR_MS, untilAt);
    const count = countBetween(one, at, toAt);
    if (count === 0) continue;
    const last = stretches.at(-1);
    if (last?.toAt === at) Object.assign(last, { toAt, count: last.count + count });
    else stretches.push({ fromAt: at, toAt, count });
  }
  return stretches.flatMap(({ fromAt, toAt, count }) => {
    const firstAt = pick(
      Math.min,
      one.schedules.map((schedule) => nextOpenDue(schedule, one.closed, fromAt)),
    );
    const lastAt = pick(
      Math.max,
      one.schedules.map((schedule) => lastOpenDue(schedule, one.closed, toAt)),
    );
    const left = count - [...one.takenOut].filter((at) => at >= firstAt && at <= lastAt).length;
    return left > 0 ? [{ job: one.job, firstAt, lastAt, count: left, medianMs }] : [];
  });
}

const pick = (choose: (...values: number[]) => number, moments: readonly (number | null)[]): number =>
  choose(...moments.filter((at) => at !== null));
