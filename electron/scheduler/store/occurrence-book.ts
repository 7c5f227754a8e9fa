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
 * once. Every call belongs inside the immediate transaction that inserts the run.
 */
export class OccurrenceBook {
  readonly #isTaken: Statement<[string, string, number], number>;
  readonly #seen: Statement<[string, string, number, number]>;
  readonly #take: Statement<[number, number, number]>;
  readonly #takeByName: Statement<[number, number, string, string]>;
  readonly #takeAll: Statement<[Alike]>;
  readonly #others: Statement<[Alike], number>;

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
    this.#takeAll = db.prepare(`
      INSERT INTO occurrences (due_at, run_id, schedule_id) SELECT @dueAt, @runId + key, value FROM json_each(@schedules)
      WHERE TRUE ON CONFLICT DO NOTHING`);
    this.#others = db
      .prepare<[Alike], number>(
        `SELECT @runId + key FROM json_each(@schedules)
         WHERE NOT EXISTS (SELECT 1 FROM occurrences WHERE schedule_id = value AND due_at = @dueAt AND run_id = @runId + key)`,
      )
      .pluck();
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

  /** As `take`, of many whose run ids are in a row; returns the ids of those whose occurrence was taken before. */
  takeAll(wanted: readonly Wanted[], firstRunId: number): ReadonlySet<number> {
    const others = new Set<number>();
    for (let index = 0; index < wanted.length;) {
      const { run, occurrence } = wanted[index] as Wanted;
      const runId = firstRunId + index;
      const schedules = schedulesDueWith(wanted, index);
      if (occurrence !== undefined && schedules.length > 1) {
        const alike = { dueAt: occurrence.dueAt, runId, schedules: JSON.stringify(schedules) };
        const { changes } = this.#takeAll.run(alike);
        if (changes < schedules.length) for (const other of this.#others.all(alike)) others.add(other);
      } else if (occurrence !== undefined && !this.take(run.job, occurrence, runId)) others.add(runId);
      index += Math.max(1, schedules.length);
    }
    return others;
  }
}

/** Who is to be of an occurrence, if of any. */
export interface Wanted {
  readonly run: { readonly job: string };
  readonly occurrence?: OccurrenceKey;
}

/** Occurrences of many schedules at one moment. */
interface Alike {
  readonly dueAt: number;
  readonly runId: number;
  /** A list of their ids in JSON, in the order of the run ids. */
  readonly schedules: string;
}

function schedulesDueWith(wanted: readonly Wanted[], from: number): number[] {
  const dueAt = wanted[from]?.occurrence?.dueAt;
  const ids: number[] = [];
  for (let index = from; index < wanted.length; index++) {
    const { occurrence } = wanted[index] as Wanted;
    if (occurrence?.scheduleId === undefined || occurrence.dueAt !== dueAt) break;
    ids.push(occurrence.scheduleId);
  }
  return ids;
}
