import type { Database, Statement } from 'better-sqlite3';
import type { RunState, Trigger } from '../../api/words.ts';
import { OccurrenceBook } from './occurrence-book.ts';
import { newestOfJob, NEXT_NUMBER } from './run-record.ts';

/** One or more occurrences in a row that were not run, for one reason. */
export interface Skip {
  readonly job: string;
  readonly pipelineName: string;
  readonly trigger: Trigger;
  /** The text of the expression and its zone; null: no occurrence, and who records it sees to it that it does so once. */
  readonly schedule: string | null;
  readonly reason: string;
  /** Due moments of the first and the last of them. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
  /** When it was decided. */
  readonly at: number;
}

/**
 * What was not run, and why. Consecutive skips of a job for one reason are one row, which is extended: a job that is blocked for a
 * night is one line of history, not five hundred.
 */
export class SkipStore {
  readonly #db: Database;
  readonly #occurrences: OccurrenceBook;
  readonly #latest: Statement<[{ job: string }], { id: number; state: RunState; reason: string | null }>;
  readonly #extend: Statement<[Skip & { id: number }]>;
  readonly #insert: Statement<[Skip & { number: number }]>;
  readonly #nextNumber: Statement<[string], number>;

  constructor(db: Database) {
    this.#db = db;
    this.#occurrences = new OccurrenceBook(db);
    this.#latest = db.prepare(`SELECT id, state, reason FROM runs WHERE id = ${newestOfJob('TRUE')}`);
    this.#extend = db.prepare(`
      UPDATE runs SET skip_count = skip_count + @count, skip_first_at = min(skip_first_at, @firstAt),
        skip_last_at = max(skip_last_at, @lastAt), due_at = max(due_at, @lastAt), ended_at = @at
      WHERE id = @id AND state = 'skipped'`);
    this.#insert = db.prepare(`
      INSERT INTO runs (job, number, pipeline_name, trigger, state, reason, due_at, queued_at, ended_at,
        skip_count, skip_first_at, skip_last_at)
      VALUES (@job, @number, @pipelineName, @trigger, 'skipped', @reason, @lastAt, @at, @at, @count, @firstAt, @lastAt)`);
    this.#nextNumber = db.prepare<[string], number>(NEXT_NUMBER).pluck();
  }

  /**
   * Returns the id of the row that tells of it. Undefined where the last of these occurrences was queued or recorded before: its
   * key stands for the whole record, so that a crash between this and noting where looking stopped counts nothing twice.
   */
  record(skip: Skip): number | undefined {
    return this.#db.transaction(() => this.#record(skip)).immediate();
  }

  #record(skip: Skip): number | undefined {
    const last = skip.schedule === null ? null : { schedule: skip.schedule, dueAt: skip.lastAt };
    if (last !== null && this.#occurrences.isTaken(skip.job, last)) return undefined;
    const id = this.#extended(skip) ?? this.#inserted(skip);
    if (last !== null) this.#occurrences.take(skip.job, last, id);
    return id;
  }

  #extended(skip: Skip): number | undefined {
    const latest = this.#latest.get({ job: skip.job });
    if (latest?.state !== 'skipped' || latest.reason !== skip.reason) return undefined;
    this.#extend.run({ ...skip, id: latest.id });
    return latest.id;
  }

  #inserted(skip: Skip): number {
    const number = this.#nextNumber.get(skip.job) as number;
    return Number(this.#insert.run({ ...skip, number }).lastInsertRowid);
  }
}
