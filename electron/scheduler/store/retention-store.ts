import type { Database, Statement } from 'better-sqlite3';
import { addSizes, NO_SIZES, type RunSizes } from './run-sizes.ts';

/** An ended run that may go. */
export interface Candidate {
  readonly id: number;
  /** Null: not measured yet. */
  readonly sizes: RunSizes | null;
}

/** What a job's history comes to. Skipped rows are counted apart (product.md, Skips). */
export interface JobTotals {
  readonly runs: number;
  readonly skips: number;
  readonly sizes: RunSizes;
}

/** What went. */
export interface Freed {
  /** Skipped rows included. */
  readonly runs: number;
  readonly sizes: RunSizes;
  /** Kept for a look inside, and let go with their runs. */
  readonly containers: number;
}

export const NOTHING_FREED: Freed = { runs: 0, sizes: NO_SIZES, containers: 0 };

export function addFreed(a: Freed, b: Freed): Freed {
  return { runs: a.runs + b.runs, sizes: addSizes(a.sizes, b.sizes), containers: a.containers + b.containers };
}

/** Which of a job's ended runs: those up to an id, those that ended before a moment, or all. */
export interface Choice {
  readonly kind: 'runs' | 'skips' | 'all';
  /** Above this id; runs come in the order of their ids. */
  readonly afterId: number;
  readonly upToId?: number;
  readonly endedBefore?: number;
  /** These stay. */
  readonly except: readonly number[];
}

interface Row {
  readonly id: number;
  readonly log: number | null;
  readonly stats: number | null;
  readonly artifacts: number | null;
}

/** A transaction goes on for no longer, but for the statement that it is at. */
const TRANSACTION_MS = 3;
/**
 * The rest between two transactions. Whoever finds the database busy asks again after 1, 2, 5, 10 ms: with 10 ms of rest after 3 of
 * work the third question is answered. Without it a main process waited for 110 ms, because the lock was taken again before.
 */
export const REST_MS = 10;
const CHUNK = 200;
const HOUR_MS = 3_600_000;
/** For how long it is told what went. */
const FREED_KEPT_MS = 90 * 24 * HOUR_MS;

const ENDED = 'FROM runs INDEXED BY runs_ended_of_job WHERE job = @job AND ended_at IS NOT NULL';

/** What retention asks of the database, and its writes: each of them short, so that whoever else writes hardly waits. */
export class RetentionStore {
  readonly #db: Database;
  readonly #counts: Statement<[], { job: string; runs: number; skips: number }>;
  readonly #countsOf: Statement<[string], { job: string; runs: number; skips: number }>;
  readonly #sizes: Statement<[], { job: string } & RunSizes>;
  readonly #sizesOf: Statement<[string], { job: string } & RunSizes>;
  readonly #unmeasured: Statement<[number, number], number>;
  readonly #measured: Statement<[RunSizes & { id: number }]>;
  readonly #place: Readonly<Record<'runs' | 'skips', Statement<[{ job: string; place: number }], number>>>;
  readonly #last: Statement<[{ job: string; states: string }], number>;
  readonly #candidates: Readonly<Record<Choice['kind'], Statement<[Record<string, unknown>], Row>>>;
  readonly #delete: Statement<[number], Row>;
  readonly #letGo: Statement<[{ id: number; at: number }]>;
  readonly #freed: Statement<[{ hourAt: number; job: string; runs: number; containers: number } & RunSizes]>;
  readonly #freedSince: Statement<[number], { runs: number; containers: number } & RunSizes>;
  readonly #pruneFreed: Statement<[number]>;
  readonly #idsBetween: Statement<[number, number], number>;
  readonly #lastId: Statement<[], number>;
  readonly #idSpan: Statement<[], number>;
  readonly #changes: Statement<[], number>;

  constructor(db: Database) {
    this.#db = db;
    const counts = `
      SELECT job, sum(iif(state = 'skipped', 0, count)) AS runs, sum(iif(state = 'skipped', count, 0)) AS skips FROM run_counts`;
    this.#counts = db.prepare(`${counts} GROUP BY job`);
    this.#countsOf = db.prepare(`${counts} WHERE job = ? GROUP BY job`);
    const sizes = 'SELECT job, log_bytes AS log, stats_bytes AS stats, artifact_bytes AS artifacts FROM job_sizes';
    this.#sizes = db.prepare(sizes);
    this.#sizesOf = db.prepare(`${sizes} WHERE job = ?`);
    this.#unmeasured = db
      .prepare<[number, number], number>(
        `SELECT id FROM runs INDEXED BY runs_unmeasured
         WHERE ended_at IS NOT NULL AND log_bytes IS NULL AND state <> 'skipped' AND id > ? ORDER BY id LIMIT ?`,
      )
      .pluck();
    this.#measured = db.prepare(`
      UPDATE runs SET log_bytes = @log, stats_bytes = @stats, artifact_bytes = @artifacts WHERE id = @id AND ended_at IS NOT NULL`);
    const place = (which: string) =>
      db
        .prepare<[{ job: string; place: number }], number>(
          `SELECT id ${ENDED} AND ${which} ORDER BY id DESC LIMIT 1 OFFSET @place`,
        )
        .pluck();
    this.#place = { runs: place(`state <> 'skipped'`), skips: place(`state = 'skipped'`) };
    this.#last = db
      .prepare<[{ job: string; states: string }], number>(
        `SELECT id ${ENDED} AND state IN (SELECT value FROM json_each(@states)) ORDER BY id DESC LIMIT 1`,
      )
      .pluck();
    const candidates = (which: string) =>
      db.prepare<[Record<string, unknown>], Row>(
        `SELECT id, log_bytes AS log, stats_bytes AS stats, artifact_bytes AS artifacts ${ENDED} AND ${which}
         AND id > @afterId AND id <= @upToId AND ended_at < @endedBefore
         AND id NOT IN (SELECT value FROM json_each(@except)) ORDER BY id LIMIT ${CHUNK}`,
      );
    this.#candidates = {
      runs: candidates(`state <> 'skipped'`),
      skips: candidates(`state = 'skipped'`),
      all: candidates('TRUE'),
    };
    // Whoever queued it again meanwhile keeps it.
    this.#delete = db.prepare(`
      DELETE FROM runs WHERE id = ? AND ended_at IS NOT NULL
      RETURNING id, log_bytes AS log, stats_bytes AS stats, artifact_bytes AS artifacts`);
    // Their hour is over now, so they are removed as those are whose hour is over.
    this.#letGo = db.prepare('UPDATE kept_containers SET until_at = min(until_at, @at) WHERE run_id = @id');
    this.#freed = db.prepare(`
      INSERT INTO freed VALUES (@hourAt, @job, @runs, @log, @stats, @artifacts, @containers) ON CONFLICT DO UPDATE SET runs = runs + @runs,
        log_bytes = log_bytes + @log, stats_bytes = stats_bytes + @stats, artifact_bytes = artifact_bytes + @artifacts, containers = containers + @containers`);
    this.#freedSince = db.prepare(`
      SELECT coalesce(sum(runs), 0) AS runs, coalesce(sum(log_bytes), 0) AS log, coalesce(sum(stats_bytes), 0) AS stats,
        coalesce(sum(artifact_bytes), 0) AS artifacts, coalesce(sum(containers), 0) AS containers FROM freed WHERE hour_at >= ?`);
    this.#pruneFreed = db.prepare('DELETE FROM freed WHERE hour_at < ?');
    this.#idsBetween = db.prepare<[number, number], number>('SELECT id FROM runs WHERE id BETWEEN ? AND ?').pluck();
    this.#idSpan = db
      .prepare<[], number>('SELECT coalesce((SELECT max(id) FROM runs) - (SELECT min(id) FROM runs), 0)')
      .pluck();
    this.#changes = db.prepare<[], number>('SELECT total_changes()').pluck();
    this.#lastId = db.prepare<[], number>(`SELECT seq FROM sqlite_sequence WHERE name = 'runs'`).pluck();
  }

  /** By job; all that have ended runs. */
  totals(): Map<string, JobTotals> {
    const sizes = new Map(this.#sizes.all().map((row) => [row.job, sizesOf(row)]));
    const totals = new Map<string, JobTotals>();
    for (const { job, runs, skips } of this.#counts.all()) {
      if (runs + skips > 0) totals.set(job, { runs, skips, sizes: sizes.get(job) ?? NO_SIZES });
    }
    return totals;
  }

  totalsOf(job: string): JobTotals {
    const { runs, skips } = this.#countsOf.get(job) ?? { runs: 0, skips: 0 };
    const sizes = this.#sizesOf.get(job);
    return { runs, skips, sizes: sizes === undefined ? NO_SIZES : sizesOf(sizes) };
  }

  /** Ended runs whose sizes nobody has stored, oldest first, above an id. */
  unmeasured(afterId: number): number[] {
    return this.#unmeasured.all(afterId, CHUNK);
  }

  /**
   * Stores the sizes of the first of these, in one short transaction; returns how many. Of a run that was removed, or queued again,
   * meanwhile, nothing is stored.
   */
  measured(sizes: readonly (RunSizes & { readonly id: number })[]): number {
    let done = 0;
    if (sizes.length === 0) return 0;
    this.#briefly((isTime) => {
      for (; done < sizes.length && isTime(); done += 1) this.#measured.run(sizes[done] as RunSizes & { id: number });
    });
    return done;
  }

  /** The id at a place among the job's ended runs, or skipped rows, newest first, from 0; undefined where there are fewer. */
  idAt(job: string, kind: 'runs' | 'skips', place: number): number | undefined {
    return this.#place[kind].get({ job, place });
  }

  /** The newest run of the job that ended in one of these states. */
  lastIn(job: string, states: readonly string[]): number | undefined {
    return this.#last.get({ job, states: JSON.stringify(states) });
  }

  /** At most 200. */
  candidates(job: string, { kind, upToId, endedBefore, afterId, except }: Choice): Candidate[] {
    const rows = this.#candidates[kind].all({
      job,
      afterId,
      upToId: upToId ?? Number.MAX_SAFE_INTEGER,
      endedBefore: endedBefore ?? Number.MAX_SAFE_INTEGER,
      except: JSON.stringify(except),
    });
    return rows.map((row) => ({ id: row.id, sizes: row.log === null ? null : sizesOf(row) }));
  }

  /**
   * Removes the first of these runs of a job with all that is stored of them, in one short transaction, and notes what that
   * freed. Returns how many it came to, and which of them it removed: an active one stays.
   */
  remove(job: string, ids: readonly number[], at: number): { done: number; removed: number[]; freed: Freed } {
    let done = 0;
    let freed = NOTHING_FREED;
    const removed: number[] = [];
    this.#briefly((isTime) => {
      for (; done < ids.length && isTime(); done += 1) {
        const row = this.#delete.get(ids[done] as number);
        if (row === undefined) continue;
        removed.push(row.id);
        const containers = this.#letGo.run({ id: row.id, at }).changes;
        freed = addFreed(freed, { runs: 1, sizes: sizesOf(row), containers });
      }
      this.#note(job, at, freed);
    });
    return { done, removed, freed };
  }

  /** Notes what went without a run of its own: what a crash had left. */
  noteFreed(job: string, at: number, freed: Freed): void {
    this.#db.transaction(() => this.#note(job, at, freed)).immediate();
  }

  /** In the hours that began since a moment. */
  freedSince(at: number): Freed {
    const row = this.#freedSince.get(at) as { runs: number; containers: number } & RunSizes;
    return { runs: row.runs, sizes: sizesOf(row), containers: row.containers };
  }

  pruneFreed(now: number): void {
    this.#pruneFreed.run(now - FREED_KEPT_MS);
  }

  idsBetween(from: number, to: number): Set<number> {
    return new Set(this.#idsBetween.all(from, to));
  }

  /** The last id that was given to a run, whether it is still there or not. */
  get lastId(): number {
    return this.#lastId.get() ?? 0;
  }

  /** From the oldest run's id to the newest's: no fewer than there are. */
  get idSpan(): number {
    return this.#idSpan.get() as number;
  }

  /** Rows that this connection has written since it was opened. */
  get changes(): number {
    return this.#changes.get() as number;
  }

  #note(job: string, at: number, freed: Freed): void {
    if (freed === NOTHING_FREED) return;
    const { runs, sizes, containers } = freed;
    this.#freed.run({ hourAt: Math.floor(at / HOUR_MS) * HOUR_MS, job, runs, containers, ...sizes });
  }

  /** One transaction, whose work goes on while `isTime`. */
  #briefly(work: (isTime: () => boolean) => void): void {
    this.#db
      .transaction(() => {
        const end = performance.now() + TRANSACTION_MS;
        let isFirst = true;
        work(() => {
          const isTime = isFirst || performance.now() < end;
          isFirst = false;
          return isTime;
        });
      })
      .immediate();
  }
}

function sizesOf({ log, stats, artifacts }: { [K in keyof RunSizes]: number | null }): RunSizes {
  return { log: log ?? 0, stats: stats ?? 0, artifacts: artifacts ?? 0 };
}
