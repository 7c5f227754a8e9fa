import type { Database, Statement } from 'better-sqlite3';

/** One due moment of one schedule. */
export interface OccurrenceKey {
  /** The text of the expression and its zone. */
  readonly schedule: string;
  readonly dueAt: number;
}

/**
 * Which occurrences are dealt with, once and for all: whatever the clock does, whoever looks, an occurrence is queued or recorded
 * once. Both calls belong inside the immediate transaction that inserts the run: it holds the write lock, so what `isTaken` says
 * is still true at `take`, and the primary key stands behind both.
 */
export class OccurrenceBook {
  readonly #isTaken: Statement<[string, string, number], number>;
  readonly #seen: Statement<[string, string, number, number]>;
  readonly #take: Statement<[number, number, string, string]>;

  constructor(db: Database) {
    this.#isTaken = db
      .prepare<[string, string, number], number>(
        `SELECT 1 FROM occurrences
         WHERE schedule_id = (SELECT id FROM schedules WHERE job = ? AND schedule = ?) AND due_at = ?`,
      )
      .pluck();
    this.#seen = db.prepare(
      'INSERT INTO schedules (job, schedule, first_seen_at, looked_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.#take = db.prepare(`
      INSERT INTO occurrences (due_at, run_id, schedule_id)
      SELECT ?, ?, id FROM schedules WHERE job = ? AND schedule = ?`);
  }

  isTaken(job: string, { schedule, dueAt }: OccurrenceKey): boolean {
    return this.#isTaken.get(job, schedule, dueAt) !== undefined;
  }

  /** Throws where it is taken. A schedule nobody has seen before is first seen at this occurrence. */
  take(job: string, { schedule, dueAt }: OccurrenceKey, runId: number): void {
    if (this.#take.run(dueAt, runId, job, schedule).changes === 1) return;
    this.#seen.run(job, schedule, dueAt, dueAt);
    this.#take.run(dueAt, runId, job, schedule);
  }
}
