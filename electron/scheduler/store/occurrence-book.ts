import type { Database, Statement } from 'better-sqlite3';

/** One due moment of one schedule. */
export interface OccurrenceKey {
  /** The text of the expression and its zone. */
  readonly schedule: string;
  /** The id of its ScheduleRecord; left out where it is not known, and looked up. */
  readonly scheduleId?: number;
  readonly dueAt: number;
}

/**
 * Which occurrences are dealt with, once and for all: whatever the clock does, whoever looks, an occurrence is queued or recorded
 * once. Both calls belong inside the immediate transaction that inserts the run.
 */
export class OccurrenceBook {
  readonly #isTaken: Statement<[string, string, number], number>;
  readonly #seen: Statement<[string, string, number, number]>;
  readonly #take: Statement<[number, number, number]>;
  readonly #takeByName: Statement<[number, number, string, string]>;

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
    this.#take = db.prepare(
      'INSERT INTO occurrences (due_at, run_id, schedule_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.#takeByName = db.prepare(`
      INSERT INTO occurrences (due_at, run_id, schedule_id)
      SELECT ?, ?, id FROM schedules WHERE job = ? AND schedule = ? ON CONFLICT DO NOTHING`);
  }

  isTaken(job: string, { schedule, dueAt }: OccurrenceKey): boolean {
    return this.#isTaken.get(job, schedule, dueAt) !== undefined;
  }

  /** False where it was taken before. A schedule nobody has seen before is first seen at this occurrence. */
  take(job: string, key: OccurrenceKey, runId: number): boolean {
    const { schedule, scheduleId, dueAt } = key;
    if (scheduleId !== undefined) return this.#take.run(dueAt, runId, scheduleId).changes === 1;
    if (this.#takeByName.run(dueAt, runId, job, schedule).changes === 1) return true;
    if (this.isTaken(job, key)) return false;
    this.#seen.run(job, schedule, dueAt, dueAt);
    return this.#takeByName.run(dueAt, runId, job, schedule).changes === 1;
  }
}
