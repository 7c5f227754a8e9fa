import type { Database, Statement } from 'better-sqlite3';
import type { RemoteBook, RemoteJob, RemoteLogPiece } from '../executor/executor.ts';

/** The jobs of pipelines elsewhere, and which part of a task's log is whose. */
export class RemoteJobStore {
  readonly #db: Database;
  readonly #jobs: Statement<[number], RemoteJob>;
  readonly #save: Statement<[RemoteJob & { taskRunId: number; place: number }]>;
  readonly #pieces: Statement<[number], RemoteLogPiece>;
  readonly #addPiece: Statement<[RemoteLogPiece & { taskRunId: number }]>;
  readonly #dropPieces: Statement<[number, number]>;

  constructor(db: Database) {
    this.#db = db;
    this.#jobs = db.prepare(`
      SELECT job_id AS id, name, stage, state, note, url, started_at AS startedAt, ended_at AS endedAt
      FROM remote_jobs WHERE task_run_id = ? ORDER BY place`);
    this.#save = db.prepare(`
      INSERT INTO remote_jobs (task_run_id, job_id, place, name, stage, state, note, url, started_at, ended_at)
      VALUES (@taskRunId, @id, @place, @name, @stage, @state, @note, @url, @startedAt, @endedAt)
      ON CONFLICT (task_run_id, job_id) DO UPDATE SET place = @place, name = @name, stage = @stage, state = @state, note = @note,
        url = @url, started_at = @startedAt, ended_at = @endedAt`);
    this.#pieces = db.prepare(`
      SELECT log_from AS logFrom, job_id AS jobId, trace_from AS traceFrom
      FROM remote_log_pieces WHERE task_run_id = ? ORDER BY log_from`);
    this.#addPiece = db.prepare(`
      INSERT OR REPLACE INTO remote_log_pieces (task_run_id, log_from, job_id, trace_from)
      VALUES (@taskRunId, @logFrom, @jobId, @traceFrom)`);
    this.#dropPieces = db.prepare(`DELETE FROM remote_log_pieces WHERE task_run_id = ? AND log_from >= ?`);
  }

  /** In the order of the service; empty for a task that was no pipeline. */
  jobsOf(taskRunId: number): RemoteJob[] {
    return this.#jobs.all(taskRunId);
  }

  /** All jobs there are, in their order. */
  saveJobs(taskRunId: number, jobs: readonly RemoteJob[]): void {
    this.#db.transaction(() => jobs.forEach((job, place) => this.#save.run({ ...job, taskRunId, place }))).immediate();
  }

  piecesOf(taskRunId: number): RemoteLogPiece[] {
    return this.#pieces.all(taskRunId);
  }

  addPiece(taskRunId: number, piece: RemoteLogPiece): void {
    this.#addPiece.run({ ...piece, taskRunId });
  }

  dropPieces(taskRunId: number, logFrom: number): void {
    this.#dropPieces.run(taskRunId, logFrom);
  }

  /** What concerns one attempt; each change goes through `write`, which makes room on a full disk, and new jobs are told to `changed`. */
  bookOf(taskRunId: number, write: <T>(action: () => T) => T, changed: () => void): RemoteBook {
    return {
      jobs: () => this.jobsOf(taskRunId),
      saveJobs: (jobs) => {
        write(() => this.saveJobs(taskRunId, jobs));
        changed();
      },
      pieces: () => this.piecesOf(taskRunId),
      addPiece: (piece) => write(() => this.addPiece(taskRunId, piece)),
      dropPieces: (logFrom) => write(() => this.dropPieces(taskRunId, logFrom)),
    };
  }
}
