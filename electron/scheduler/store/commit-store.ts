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

/** What runs worked on. A retry and a run from the failed step work on the same, so it is kept with the run. */
export class CommitStore {
  readonly #get: Statement<[number], Row>;
  readonly #set: Statement<[{ id: number; sha: string; subject: string; isDirty: number | null }]>;

  constructor(db: Database) {
    this.#get = db.prepare(`
      SELECT commit_sha AS sha, commit_subject AS subject, commit_dirty AS isDirty FROM runs
      WHERE id = ? AND commit_sha IS NOT NULL`);
    this.#set = db.prepare(
      'UPDATE runs SET commit_sha = @sha, commit_subject = @subject, commit_dirty = @isDirty WHERE id = @id',
    );
  }

  /** Null where it is not known, or there was none. */
  of(runId: number): RunCommit | null {
    const row = this.#get.get(runId);
    return row === undefined ? null : { ...row, isDirty: row.isDirty === null ? null : row.isDirty === 1 };
  }

  set(runId: number, { sha, subject, isDirty }: RunCommit): void {
    this.#set.run({ id: runId, sha, subject, isDirty: isDirty === null ? null : Number(isDirty) });
  }
}
