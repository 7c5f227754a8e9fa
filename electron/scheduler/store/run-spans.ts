import type { Database, Statement } from 'better-sqlite3';
import type { RunFilter } from '../../api/api.ts';

/** Runs with ids in a row, both included. */
export interface IdRange {
  readonly lowId: number;
  readonly highId: number;
  /** Whether all of them are of the time that was asked for; else each is to be looked at. */
  readonly isWhole: boolean;
}

/** Bounds of time: what is of it was queued at `fromAt` or later, and before `toAt`. */
interface Bounds {
  readonly fromAt: number;
  readonly toAt: number;
}

/** Ids of a span; as in the migration that keeps them. */
const SPAN = 1_024;
/** More than these come only of a clock that jumps to and fro. */
const RANGES = 50;
const EVERYTHING: IdRange = { lowId: 0, highId: Number.MAX_SAFE_INTEGER - 1, isWhole: true };

/**
 * Between which moments the runs of each 1,024 ids were queued. Ids follow time but where the clock was set back, so a range of time
 * is nearly one of ids, and a page of last year's failures need not walk through this year's.
 */
export class RunSpans {
  readonly #ends: Statement<[Bounds], { low: number | null; high: number | null }>;
  readonly #notWhole: Statement<[Bounds & { low: number; high: number }], { span: number; isOutside: 0 | 1 }>;

  constructor(db: Database) {
    const touched = 'FROM run_spans WHERE last_at >= @fromAt AND first_at < @toAt ORDER BY span';
    // Not min and max: a walk from either end is over at the first that is touched.
    this.#ends = db.prepare(
      `SELECT (SELECT span ${touched} LIMIT 1) AS low, (SELECT span ${touched} DESC LIMIT 1) AS high`,
    );
    this.#notWhole = db.prepare(`
      SELECT span, last_at < @fromAt OR first_at >= @toAt AS isOutside FROM run_spans
      WHERE span BETWEEN @low AND @high AND (first_at < @fromAt OR last_at >= @toAt) ORDER BY span DESC`);
  }

  /**
   * Where all runs of the filter's time are, the newest first. Nearly all spans between the oldest and the newest are whole, so
   * only the others become rows here: a thousand of them would take longer than the page that is asked for.
   */
  rangesOf({ fromAt = -Infinity, toAt = Infinity }: Pick<RunFilter, 'fromAt' | 'toAt'>): readonly IdRange[] {
    if (fromAt === -Infinity && toAt === Infinity) return [EVERYTHING];
    const bounds = {
      fromAt: Math.max(fromAt, Number.MIN_SAFE_INTEGER),
      toAt: Math.min(toAt, Number.MAX_SAFE_INTEGER),
    };
    const { low, high } = this.#ends.get(bounds)!;
    if (low === null || high === null) return [];
    const ranges: IdRange[] = [];
    const add = (lowSpan: number, highSpan: number, isWhole: boolean): void => {
      if (lowSpan > highSpan) return;
      const [lowId, highId] = [lowSpan * SPAN, highSpan * SPAN + SPAN - 1];
      const before = ranges.at(-1);
      if (before?.lowId === highId + 1 && before.isWhole === isWhole) ranges[ranges.length - 1] = { ...before, lowId };
      else ranges.push({ lowId, highId, isWhole });
    };
    let next = high;
    for (const { span, isOutside } of this.#notWhole.all({ ...bounds, low, high })) {
      add(span + 1, next, true);
      if (isOutside === 0) add(span, span, false);
      next = span - 1;
    }
    add(low, next, true);
    if (ranges.length <= RANGES) return ranges;
    return [{ lowId: ranges.at(-1)!.lowId, highId: ranges[0]!.highId, isWhole: false }];
  }
}
