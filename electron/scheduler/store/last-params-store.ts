import type { Database, Statement } from 'better-sqlite3';

type Values = Readonly<Record<string, string>>;

/**
 * What a person last typed for a job's params, to be offered next time; over restarts, and however few runs the job keeps. Only
 * what is not the default is kept: a default that changes in the file is then the new one in the dialog too.
 */
export class LastParamsStore {
  readonly #get: Statement<[string], string>;
  readonly #keep: Statement<[string, string]>;
  readonly #forget: Statement<[string]>;

  constructor(db: Database) {
    this.#get = db.prepare<[string], string>('SELECT params FROM last_params WHERE job = ?').pluck();
    this.#keep = db.prepare(
      'INSERT INTO last_params (job, params) VALUES (?, ?) ON CONFLICT DO UPDATE SET params = excluded.params',
    );
    this.#forget = db.prepare('DELETE FROM last_params WHERE job = ?');
  }

  of(job: string): Values {
    const text = this.#get.get(job);
    return text === undefined ? {} : (JSON.parse(text) as Values);
  }

  /** Null forgets a name; one that is not there stays as it is. */
  keep(job: string, values: Readonly<Record<string, string | null>>): void {
    const kept = Object.entries({ ...this.of(job), ...values }).filter(([, value]) => value !== null);
    if (kept.length === 0) this.#forget.run(job);
    else this.#keep.run(job, JSON.stringify(Object.fromEntries(kept)));
  }
}
