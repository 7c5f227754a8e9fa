import type { Database, Statement } from 'better-sqlite3';

/** What a run worked on. */
export interface RunCommit {
  readonly sha: string;
  /** The first line of its message. */
  readonly subject: string;
  /** Whether files of the folder differed from it; null where that took too long to find out. */
  readonly isDirty: boolean | null;
}

interface Row {
  readonly sha: string;
  readonly subject: string;
  readonly isDirty: number | null;
}

/** What runs worked on, and from which run they go on. A retry and a run from the failed step work on the same. */
export class CommitStore {
  readonly #get: Statement<[number], Row>;
  readonly #set: Statement<[{ id: number; sha: string; subject: string; isDirty: number | null }]>;

  readonly #goOn: Statement<[{ id: number; from: number }]>;
  readonly #origin: Statement<[number], number | null>;

  constructor(db: Database) {
    this.#get = db.prepare(`
      SELECT commit_sha AS sha, commit_subject AS subject, commit_dirty AS isDirty FROM runs
      WHERE id = ? AND commit_sha IS NOT NULL`);
    this.#set = db.prepare(
      'UPDATE runs SET commit_sha = @sha, commit_subject = @subject, commit_dirty = @isDirty WHERE id = @id',
    );
    // Where that one never began, nothing of it is there: then from what it was to go on from.
    this.#goOn = db.prepare(`
      UPDATE runs SET (commit_sha, commit_subject, commit_dirty, goes_on_from) = (
        SELECT commit_sha, commit_subject, commit_dirty, CASE WHEN started_at IS NULL THEN goes_on_from ELSE id END
        FROM runs WHERE id = @from)
      WHERE id = @id`);
    this.#origin = db.prepare<[number], number | null>('SELECT goes_on_from FROM runs WHERE id = ?').pluck();
  }

  /** Null where it is not known, or there was none. */
  of(runId: number): RunCommit | null {
    const row = this.#get.get(runId);
    return row === undefined ? null : { ...row, isDirty: row.isDirty === null ? null : row.isDirty === 1 };
  }

  set(runId: number, { sha, subject, isDirty }: RunCommit): void {
    this.#set.run({ id: runId, sha, subject, isDirty: isDirty === null ? null : Number(isDirty) });
  }
  /** A new run goes on where another one failed: with its commit and its artifacts. */
  goOnFrom(from: number, runId: number): void {
    this.#goOn.run({ id: runId, from });
  }

  /** The run that this one goes on from; null for one from the start. */
  originOf(runId: number): number | null {
    return this.#origin.get(runId) ?? null;
  }
}
