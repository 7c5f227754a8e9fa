import type { Database, Statement } from 'better-sqlite3';

/** One schedule of a job: the text of its expression and zone, so that an edit begins a new past. */
export interface ScheduleKey {
  readonly job: string;
  readonly schedule: string;
}

export interface ScheduleRecord extends ScheduleKey {
  readonly id: number;
  /** When this expression and zone were first seen valid: the past begins here. */
  readonly firstSeenAt: number;
  /** Everything due up to this moment is dealt with: what `looked` has noted, or the newest occurrence that was taken (occurrence-book.ts). */
  readonly lookedAt: number;
}

export interface Pause {
  readonly sinceAt: number;
  /** Null: until somebody resumes. */
  readonly untilAt: number | null;
}

/** The name under which the pause of all jobs is kept; no job's id is empty. */
export const ALL_JOBS = '';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Longer than a year, so that a yearly schedule's last occurrence is still known when the next one comes. */
const OCCURRENCES_KEPT_MS = 400 * DAY_MS;

/** What is remembered of schedules beside their runs: where looking stopped, what is paused, what the user took out. */
export class ScheduleStore {
  readonly #db: Database;
  readonly #get: Statement<[number, string, string], ScheduleRecord>;
  readonly #add: Statement<[string, string, number, number], ScheduleRecord>;
  readonly #look: Statement<[number, string]>;
  readonly #hasPlannedSkips: Statement<[], number>;
  readonly #ids: Statement<[], number>;
  readonly #newestBefore: Statement<[number, number], number | null>;
  readonly #lookedAtLeast: Statement<[number, number, number]>;
  readonly #prune: Statement<[number, number, number]>;
  readonly #pruneSkips: Statement<[number]>;
  readonly #pruneSchedules: Statement<[number]>;
  readonly #setPause: Statement<[string, number, number | null]>;
  readonly #resume: Statement<[string]>;
  readonly #pauses: Statement<[], Pause & { job: string }>;
  readonly #planSkip: Statement<[string, number]>;
  readonly #takeSkip: Statement<[string, number]>;
  readonly #plannedSkips: Statement<[], { job: string; dueAt: number }>;

  constructor(db: Database) {
    this.#db = db;
    const columns = 'id, job, schedule, first_seen_at AS firstSeenAt';
    // What was taken while a clock was ahead says nothing of the moments before it.
    this.#get = db.prepare(`
      SELECT ${columns}, max(looked_at, coalesce(
          (SELECT max(due_at) FROM occurrences WHERE schedule_id = schedules.id AND due_at <= ?), looked_at)) AS lookedAt
      FROM schedules WHERE job = ? AND schedule = ?`);
    this.#add = db.prepare(
      `INSERT INTO schedules (job, schedule, first_seen_at, looked_at) VALUES (?, ?, ?, ?)
       RETURNING ${columns}, looked_at AS lookedAt`,
    );
    this.#look = db.prepare('UPDATE schedules SET looked_at = ? WHERE id IN (SELECT value FROM json_each(?))');
    this.#hasPlannedSkips = db.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM planned_skips)').pluck();
    this.#ids = db.prepare<[], number>('SELECT id FROM schedules').pluck();
    this.#prune = db.prepare('DELETE FROM occurrences WHERE schedule_id = ? AND due_at < ? ORDER BY due_at LIMIT ?');
    this.#newestBefore = db
      .prepare<[number, number], number | null>(
        'SELECT max(due_at) FROM occurrences WHERE schedule_id = ? AND due_at < ?',
      )
      .pluck();
    this.#lookedAtLeast = db.prepare('UPDATE schedules SET looked_at = ? WHERE id = ? AND looked_at < ?');
    this.#pruneSkips = db.prepare('DELETE FROM planned_skips WHERE due_at < ?');
    this.#pruneSchedules = db.prepare(`
      DELETE FROM schedules WHERE looked_at < ? AND NOT EXISTS (SELECT 1 FROM last_valid WHERE job = schedules.job)
        AND NOT EXISTS (SELECT 1 FROM occurrences WHERE schedule_id = schedules.id)`);
    this.#setPause = db.prepare(`
      INSERT INTO pauses (job, since_at, until_at) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET until_at = excluded.until_at`);
    this.#resume = db.prepare('DELETE FROM pauses WHERE job = ?');
    this.#pauses = db.prepare('SELECT job, since_at AS sinceAt, until_at AS untilAt FROM pauses');
    this.#planSkip = db.prepare('INSERT INTO planned_skips (job, due_at) VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#takeSkip = db.prepare('DELETE FROM planned_skips WHERE job = ? AND due_at = ?');
    this.#plannedSkips = db.prepare('SELECT job, due_at AS dueAt FROM planned_skips');
  }

  /** What is known of each schedule, in the order asked; those never seen before are first seen, and looked at, at `at`. */
  see(keys: readonly ScheduleKey[], at: number): ScheduleRecord[] {
    const see = ({ job, schedule }: ScheduleKey) =>
      // At a start nearly all are known, and nothing is written.
      this.#get.get(at, job, schedule) ?? (this.#add.get(job, schedule, at, at) as ScheduleRecord);
    return this.#db.transaction(() => keys.map(see)).immediate();
  }

  /**
   * Notes up to where schedules, by their ids, were looked at; also backwards, after the clock was set back. Not needed where the one thing
   * that was due was taken as an occurrence, which says the same.
   */
  looked(ids: readonly number[], at: number): void {
    if (ids.length > 0) this.#look.run(at, JSON.stringify(ids));
  }

  /**
   * Removes at most `limit` keys of occurrences older than 400 days and returns how many; call again until it returns 0, so that
   * no single call is long. That they are dealt with is noted in their place: a schedule may be due once in four years.
   */
  pruneOccurrences(now: number, limit = 1_000): number {
    const before = now - OCCURRENCES_KEPT_MS;
    let removed = 0;
    const prune = this.#db.transaction((id: number, newest: number) => {
      this.#lookedAtLeast.run(newest, id, newest);
      removed += this.#prune.run(id, before, limit - removed).changes;
    });
    for (const id of this.#ids.all()) {
      if (removed >= limit) break;
      const newest = this.#newestBefore.get(id, before) as number | null;
      if (newest !== null) prune.immediate(id, newest);
    }
    return removed;
  }

  /** Removes what only occurrences so old would need: skips that were planned, and schedules of jobs that are gone. */
  pruneUnseen(now: number): void {
    this.#pruneSkips.run(now - OCCURRENCES_KEPT_MS);
    this.#pruneSchedules.run(now - OCCURRENCES_KEPT_MS);
  }

  /** Of a job, or of `ALL_JOBS`. A pause that is on keeps its beginning and takes the new end. */
  pause(job: string, at: number, untilAt: number | null): void {
    this.#setPause.run(job, at, untilAt);
  }

  /** False where there was no pause. */
  resume(job: string): boolean {
    return this.#resume.run(job).changes === 1;
  }

  /** By job; under `ALL_JOBS` that of all. A pause whose end has passed stays until `resume`, which is who deals with its gap. */
  pauses(): Map<string, Pause> {
    return new Map(this.#pauses.all().map(({ job, sinceAt, untilAt }) => [job, { sinceAt, untilAt }]));
  }

  /** Takes one coming occurrence out. */
  planSkip(job: string, dueAt: number): void {
    this.#planSkip.run(job, dueAt);
  }

  /** Whether any coming occurrence was taken out. */
  hasPlannedSkips(): boolean {
    return this.#hasPlannedSkips.get() === 1;
  }

  /** Whether the occurrence that is due was taken out; asked once, for the answer is forgotten. */
  takePlannedSkip(job: string, dueAt: number): boolean {
    return this.#takeSkip.run(job, dueAt).changes === 1;
  }

  plannedSkips(): { job: string; dueAt: number }[] {
    return this.#plannedSkips.all();
  }
}
