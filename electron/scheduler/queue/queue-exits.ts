import type { Database, Statement } from 'better-sqlite3';
import { RUN_COLUMNS, toRun } from '../store/run-record.ts';
import type { RunRecord, RunRow } from '../store/run-record.ts';

/** The ways out of the queue that are neither a start nor a plain cancel; each is one statement that names the state it expects. */
export class QueueExits {
  readonly #skip: Statement<[string, number, number]>;
  readonly #claimCancelled: Statement<[string, number, number, number], RunRow>;

  constructor(db: Database) {
    this.#skip = db.prepare(`
      UPDATE runs SET state = 'skipped', reason = ?, ended_at = ?, position = NULL, not_before_at = NULL, skip_count = 1,
        skip_first_at = coalesce(due_at, queued_at), skip_last_at = coalesce(due_at, queued_at)
      WHERE id = ? AND state = 'queued' AND attempt = 1`);
    this.#claimCancelled = db.prepare(`
      UPDATE runs SET state = 'running', owner = ?, started_at = ?, cancel_requested_at = ?, position = NULL, not_before_at = NULL,
        reason = NULL
      WHERE id = ? AND state = 'queued' AND attempt > 1 RETURNING ${RUN_COLUMNS}`);
  }

  /** Of a run that never began: it will not. False where it does not wait any more, or waits for a further attempt. */
  skip(id: number, reason: string, at: number): boolean {
    return this.#skip.run(reason, at, id).changes === 1;
  }

  /**
   * Takes a run out of the queue, where it waits for a further attempt, as one that runs and is to be cancelled, in one step: what it
   * began its handlers must end. Undefined where it does not wait for one.
   */
  claimCancelled(id: number, owner: string, at: number): RunRecord | undefined {
    const row = this.#claimCancelled.get(owner, at, at, id);
    return row && toRun(row);
  }
}
