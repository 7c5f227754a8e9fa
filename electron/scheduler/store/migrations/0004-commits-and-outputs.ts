import type { Migration } from '../migrate.ts';

/** What a run worked on, and the small values that its tasks hand on. */
export const commitsAndOutputs: Migration = {
  version: 4,
  name: 'commits-and-outputs',
  sql: `
    ALTER TABLE runs ADD COLUMN commit_sha     TEXT;
    ALTER TABLE runs ADD COLUMN commit_subject TEXT;
    -- Null: nobody could tell in time.
    ALTER TABLE runs ADD COLUMN commit_dirty   INTEGER CHECK (commit_dirty IN (0, 1));

    CREATE TABLE task_outputs (
      task_run_id INTEGER NOT NULL REFERENCES task_runs (id) ON DELETE CASCADE,
      name        TEXT NOT NULL,
      value       TEXT NOT NULL,
      PRIMARY KEY (task_run_id, name)
    ) STRICT, WITHOUT ROWID;
  `,
};
