import type { Migration } from '../migrate.ts';

/** Pipelines elsewhere: how a task's is found again, what its jobs are, and whose output is where in the task's log. */
export const remotePipelines: Migration = {
  version: 6,
  name: 'remote-pipelines',
  sql: `
    ALTER TABLE task_runs ADD COLUMN remote_asked_at INTEGER;
    ALTER TABLE task_runs ADD COLUMN remote_id       TEXT;
    ALTER TABLE task_runs ADD COLUMN remote_url      TEXT;

    CREATE TABLE remote_jobs (
      task_run_id INTEGER NOT NULL REFERENCES task_runs (id) ON DELETE CASCADE,
      job_id      TEXT NOT NULL,
      -- In the order of the service.
      place       INTEGER NOT NULL,
      name        TEXT NOT NULL,
      stage       TEXT,
      state       TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'succeeded', 'failed', 'cancelled', 'timed-out', 'skipped')),
      note        TEXT,
      url         TEXT,
      started_at  INTEGER,
      ended_at    INTEGER,
      PRIMARY KEY (task_run_id, job_id)
    ) STRICT, WITHOUT ROWID;

    -- Only while the pipeline is followed.
    CREATE TABLE remote_log_pieces (
      task_run_id INTEGER NOT NULL REFERENCES task_runs (id) ON DELETE CASCADE,
      log_from    INTEGER NOT NULL,
      job_id      TEXT NOT NULL,
      trace_from  INTEGER NOT NULL,
      PRIMARY KEY (task_run_id, log_from)
    ) STRICT, WITHOUT ROWID;
  `,
};
