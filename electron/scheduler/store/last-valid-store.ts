import type { Database, Statement } from 'better-sqlite3';
import type { JobDefinition } from '../job-file/definition.ts';
import { parseStoredDefinition } from './stored-definition.ts';

/**
 * The newest valid version of each job: what keeps running when a file is not valid, also over a restart (product.md, Bad job
 * file). A job that is gone is forgotten.
 */
export class LastValidStore {
  readonly #db: Database;
  readonly #get: Statement<[string], string>;
  readonly #keep: Statement<[string, string, number]>;
  readonly #sinceAt: Statement<[string], number | null>;
  readonly #now: () => number;
  readonly #forgetThese: Statement<[string]>;
  readonly #forgetOthers: Statement<[string]>;

  constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#now = now;
    this.#sinceAt = db.prepare<[string], number | null>('SELECT since_at FROM last_valid WHERE job = ?').pluck();
    this.#get = db.prepare<[string], string>('SELECT text FROM last_valid WHERE job = ?').pluck();
    // At a start nearly all are what they were, and are not written.
    this.#keep = db.prepare(`
      INSERT INTO last_valid (job, text, since_at) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET text = excluded.text, since_at = excluded.since_at WHERE text <> excluded.text`);
    this.#forgetThese = db.prepare('DELETE FROM last_valid WHERE job IN (SELECT value FROM json_each(?))');
    this.#forgetOthers = db.prepare('DELETE FROM last_valid WHERE job NOT IN (SELECT value FROM json_each(?))');
  }

  get(job: string): JobDefinition | null {
    const text = this.#get.get(job);
    return text === undefined ? null : parseStoredDefinition(text);
  }

  /** When this version was first seen; null where that was before anybody noted it. */
  sinceAt(job: string): number | null {
    return this.#sinceAt.get(job) ?? null;
  }

  keep(definitions: readonly JobDefinition[]): void {
    this.#db
      .transaction(() => {
        for (const definition of definitions) this.#keep.run(definition.id, JSON.stringify(definition), this.#now());
      })
      .immediate();
  }

  forget(jobs: readonly string[]): void {
    if (jobs.length > 0) this.#forgetThese.run(JSON.stringify(jobs));
  }

  /** At a start: jobs whose files went while Nightjar was closed. */
  forgetAllBut(jobs: readonly string[]): void {
    this.#forgetOthers.run(JSON.stringify(jobs));
  }
}
