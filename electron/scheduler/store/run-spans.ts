import type { Database, Statement } from 'better-sqlite3';
import type { RunFilter } from '../../api/api.ts';

/** Runs with ids in a row, both included. */
export interface IdRange {
  readonly lowId: number;
  readonly highId: number;
  /** Whether all of them are of the time that was asked for; else each is to be looked at. */
  readonly isWhole: boolean;
}

interface Span {
  readonly span: number;
  readonly firstAt: number;
  readonly lastAt: number;
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
  readonly #within: Statement<[{ fromAt: number; toAt: number }], Span>;

  constructor(db: Database) {
    this.#within = db.prepare(`
      SELECT span, first_at AS firstAt, last_at AS lastAt FROM run_spans
      WHERE last_at >= @fromAt AND first_at < @toAt ORDER BY span DESC`);
  }

  /** Where all runs of the filter's time are, the newest first. */
  rangesOf({ fromAt = -Infinity, toAt = Infinity }: Pick<RunFilter, 'fromAt' | 'toAt'>): readonly IdRange[] {
    if (fromAt === -Infinity && toAt === Infinity) return [EVERYTHING];
    const bounds = {
      fromAt: Math.max(fromAt, Number.MIN_SAFE_INTEGER),
      toAt: Math.min(toAt, Number.MAX_SAFE_INTEGER),
    };
    const ranges: IdRange[] = [];
    for (const { span, firstAt, lastAt } of this.#within.all(bounds)) {
      const [lowId, highId] = [span * SPAN, span * SPAN + SPAN - 1];
      const isWhole = firstAt >= fromAt && lastAt < toAt;
      const before = ranges.at(-1);
      if (before?.lowId === highId + 1 && before.isWhole === isWhole) ranges[ranges.length - 1] = { ...before, lowId };
      else ranges.push({ lowId, highId, isWhole });
    }
    if (ranges.length <= RANGES) return ranges;
    return [{ lowId: ranges.at(-1)!.lowId, highId: ranges[0]!.highId, isWhole: false }];
  }
}
