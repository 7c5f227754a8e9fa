import type { Migration } from '../migrate.ts';

/**
 * What runs take of the disk, and what retention took away. A run's sizes are measured after its end; null says that they have not
 * been, and `runs_unmeasured` finds those: a crash in between costs nothing, and neither do runs from before this version.
 */
export const retention: Migration = {
  version: 3,
  name: 'retention',
  sql: `
    ALTER TABLE runs ADD COLUMN log_bytes INTEGER;
    ALTER TABLE runs ADD COLUMN stats_bytes INTEGER;
    ALTER TABLE runs ADD COLUMN artifact_bytes INTEGER;
    CREATE INDEX runs_unmeasured ON runs (id) WHERE ended_at IS NOT NULL AND log_bytes IS NULL AND state <> 'skipped';

    -- Sums of a job's runs, so that a ledger over a million of them reads a row a job. Kept by triggers, so by every writer.
    CREATE TABLE job_sizes (
      job            TEXT PRIMARY KEY,
      log_bytes      INTEGER NOT NULL,
      stats_bytes    INTEGER NOT NULL,
      artifact_bytes INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TRIGGER job_sizes_measured AFTER UPDATE OF log_bytes, stats_bytes, artifact_bytes ON runs BEGIN
      INSERT INTO job_sizes VALUES (
        NEW.job,
        coalesce(NEW.log_bytes, 0) - coalesce(OLD.log_bytes, 0),
        coalesce(NEW.stats_bytes, 0) - coalesce(OLD.stats_bytes, 0),
        coalesce(NEW.artifact_bytes, 0) - coalesce(OLD.artifact_bytes, 0)
      ) ON CONFLICT DO UPDATE SET log_bytes = log_bytes + excluded.log_bytes, stats_bytes = stats_bytes + excluded.stats_bytes,
        artifact_bytes = artifact_bytes + excluded.artifact_bytes;
    END;
    CREATE TRIGGER job_sizes_deleted AFTER DELETE ON runs WHEN OLD.log_bytes IS NOT NULL BEGIN
      UPDATE job_sizes SET log_bytes = log_bytes - OLD.log_bytes, stats_bytes = stats_bytes - OLD.stats_bytes,
        artifact_bytes = artifact_bytes - OLD.artifact_bytes WHERE job = OLD.job;
    END;
    -- A run that is queued again writes on, and is measured anew at its next end.
    CREATE TRIGGER job_sizes_back AFTER UPDATE OF ended_at ON runs WHEN NEW.ended_at IS NULL AND NEW.log_bytes IS NOT NULL BEGIN
      UPDATE runs SET log_bytes = NULL, stats_bytes = NULL, artifact_bytes = NULL WHERE id = NEW.id;
    END;

    -- A definition goes with the last run that was queued with it.
    CREATE TRIGGER definitions_after_run AFTER DELETE ON runs WHEN OLD.definition_id IS NOT NULL BEGIN
      DELETE FROM definitions WHERE id = OLD.definition_id
        AND NOT EXISTS (SELECT 1 FROM runs WHERE definition_id = OLD.definition_id);
    END;

    -- What went, by the hour.
    CREATE TABLE freed (
      hour_at        INTEGER NOT NULL,
      job            TEXT NOT NULL,
      runs           INTEGER NOT NULL,
      log_bytes      INTEGER NOT NULL,
      stats_bytes    INTEGER NOT NULL,
      artifact_bytes INTEGER NOT NULL,
      containers     INTEGER NOT NULL,
      PRIMARY KEY (hour_at, job)
    ) STRICT, WITHOUT ROWID;

    -- The \`keep\` of jobs that have one, so that a file that is away for a while does not cost its job the history.
    CREATE TABLE job_keeps (
      job     TEXT PRIMARY KEY,
      runs    INTEGER NOT NULL,
      days    INTEGER NOT NULL,
      bytes   INTEGER NOT NULL,
      gone_at INTEGER
    ) STRICT, WITHOUT ROWID;
  `,
};
