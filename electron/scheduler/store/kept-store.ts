import type { Database, Statement } from 'better-sqlite3';

/** A container that stays for a look inside. */
export interface KeptRecord {
  readonly taskRunId: number;
  readonly runId: number;
  readonly containerId: string;
  /** A Docker context; null: the engine that is found. */
  readonly engine: string | null;
  readonly untilAt: number;
}

const COLUMNS = `task_run_id AS taskRunId, run_id AS runId, container_id AS containerId, engine, until_at AS untilAt`;

/** Which containers are kept, and on which engines some of ours may be. */
export class KeptStore {
  readonly #keep: Statement<[{ id: number; untilAt: number }]>;
  readonly #get: Statement<[number], KeptRecord>;
  readonly #ofRun: Statement<[number], KeptRecord>;
  readonly #expired: Statement<[number], KeptRecord>;
  readonly #forget: Statement<[number]>;
  readonly #byJob: Statement<[], { job: string; count: number }>;
  readonly #nextEngine: Statement<[string], string | null>;
  readonly #lastUse: Statement<[string], number | null>;

  constructor(db: Database) {
    this.#keep = db.prepare(`
      INSERT INTO kept_containers SELECT id, run_id, container_id, engine, @untilAt FROM task_runs
      WHERE id = @id AND container_id IS NOT NULL ON CONFLICT DO NOTHING`);
    this.#get = db.prepare(`SELECT ${COLUMNS} FROM kept_containers WHERE task_run_id = ?`);
    this.#ofRun = db.prepare(`SELECT ${COLUMNS} FROM kept_containers WHERE run_id = ? ORDER BY task_run_id`);
    this.#expired = db.prepare(
      `SELECT ${COLUMNS} FROM kept_containers WHERE until_at <= ? ORDER BY until_at LIMIT 100`,
    );
    this.#forget = db.prepare(`DELETE FROM kept_containers WHERE task_run_id = ?`);
    this.#byJob = db.prepare(`
      SELECT job, count(*) AS count FROM kept_containers CROSS JOIN runs ON runs.id = run_id GROUP BY job`);
    this.#nextEngine = db
      .prepare<[string], string | null>(`SELECT min(engine) FROM task_runs WHERE engine IS NOT NULL AND engine > ?`)
      .pluck();
    this.#lastUse = db
      .prepare<[string], number | null>(
        `SELECT coalesce(ended_at, started_at) FROM task_runs WHERE engine = ? AND engine IS NOT NULL ORDER BY id DESC LIMIT 1`,
      )
      .pluck();
  }

  /** From the trace of a task attempt; of one without a container nothing is kept. */
  keep(taskRunId: number, untilAt: number): void {
    this.#keep.run({ id: taskRunId, untilAt });
  }

  get(taskRunId: number): KeptRecord | undefined {
    return this.#get.get(taskRunId);
  }

  ofRun(runId: number): KeptRecord[] {
    return this.#ofRun.all(runId);
  }

  /** The longest expired first, at most 100. */
  expired(now: number): KeptRecord[] {
    return this.#expired.all(now);
  }

  forget(taskRunId: number): void {
    this.#forget.run(taskRunId);
  }

  /** How many there are, by job; of runs that are gone nobody knows the job. */
  countByJob(): Map<string, number> {
    return new Map(this.#byJob.all().map(({ job, count }) => [job, count]));
  }

  /** The Docker contexts that a task has run on at or after this moment. */
  enginesUsedSince(at: number): string[] {
    const used: string[] = [];
    // From name to name: however many tasks there were, an engine costs two looks into an index.
    for (let name = this.#nextEngine.get(''); name; name = this.#nextEngine.get(name)) {
      if ((this.#lastUse.get(name) ?? at) >= at) used.push(name);
    }
    return used;
  }
}
