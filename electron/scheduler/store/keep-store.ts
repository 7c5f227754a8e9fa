import type { Database, Statement } from 'better-sqlite3';
import { DEFAULT_KEEP, type JobDefinition } from '../job-file/definition.ts';

type Keep = JobDefinition['keep'];

/** A file that is back within a day (a branch that was checked out, a disk that was not mounted) has cost its job nothing. */
const GONE_MS = 24 * 60 * 60_000;

/** What is remembered between looks: when the last ones were, and the `keep` of jobs whose file may be away. */
export class KeepStore {
  readonly #db: Database;
  readonly #moment: Statement<[string], string>;
  readonly #setMoment: Statement<[string, string]>;
  readonly #see: Statement<[Keep & { job: string }]>;
  readonly #remove: Statement<[string]>;
  readonly #gone: Statement<[{ job: string; at: number }]>;
  readonly #forget: Statement<[number]>;
  readonly #all: Statement<[], Keep & { job: string }>;

  constructor(db: Database) {
    this.#db = db;
    this.#moment = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
    this.#setMoment = db.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
    // Most are what they were at the last look, and are not written.
    this.#see = db.prepare(`
      INSERT INTO job_keeps (job, runs, days, bytes) VALUES (@job, @runs, @days, @bytes)
      ON CONFLICT DO UPDATE SET runs = @runs, days = @days, bytes = @bytes, gone_at = NULL
      WHERE (runs, days, bytes) <> (@runs, @days, @bytes) OR gone_at IS NOT NULL`);
    this.#remove = db.prepare('DELETE FROM job_keeps WHERE job = ?');
    // A clock that was set back begins the day anew.
    this.#gone = db.prepare(
      'UPDATE job_keeps SET gone_at = @at WHERE job = @job AND (gone_at IS NULL OR gone_at > @at)',
    );
    this.#forget = db.prepare('DELETE FROM job_keeps WHERE gone_at <= ?');
    this.#all = db.prepare('SELECT job, runs, days, bytes FROM job_keeps');
  }

  momentOf(look: 'looked' | 'aged'): number | null {
    const text = this.#moment.get(`retention_${look}_at`);
    return text === undefined ? null : Number(text);
  }

  setMoment(look: 'looked' | 'aged', at: number): void {
    this.#setMoment.run(`retention_${look}_at`, String(at));
  }

  /** Of jobs that have one, those included whose file went a short while ago. */
  all(): Map<string, Keep> {
    return new Map(this.#all.all().map(({ job, ...keep }) => [job, keep]));
  }

  /** Takes in what the jobs say now. What those said whose files are gone is forgotten after a day. */
  see(jobs: Iterable<readonly [job: string, keep: Keep]>, at: number): void {
    this.#db
      .transaction(() => {
        const now = new Map(jobs);
        for (const job of this.all().keys()) {
          const keep = now.get(job);
          if (keep === undefined) this.#gone.run({ job, at });
          else if (isDefault(keep)) this.#remove.run(job);
        }
        for (const [job, keep] of now) if (!isDefault(keep)) this.#see.run({ job, ...keep });
        this.#forget.run(at - GONE_MS);
      })
      .immediate();
  }
}

function isDefault(keep: Keep): boolean {
  return keep.runs === DEFAULT_KEEP.runs && keep.days === DEFAULT_KEEP.days && keep.bytes === DEFAULT_KEEP.bytes;
}
