import type { Migration } from '../migrate.ts';

/**
 * What a history of a million runs needs for filters by time and for two filters at once, and when the last valid version of a job's
 * file was first seen.
 */
export const runSpans: Migration = {
  version: 8,
  name: 'run-spans',
  sql: `
    -- Between which moments the runs of 1,024 ids were queued (run-spans.ts). Kept by a trigger, so by every writer; runs that are
    -- deleted may leave it wider than it needs to be.
    CREATE TABLE run_spans (
      span     INTEGER PRIMARY KEY,
      first_at INTEGER NOT NULL,
      last_at  INTEGER NOT NULL
    ) STRICT;
    INSERT INTO run_spans SELECT id / 1024, min(queued_at), max(queued_at) FROM runs GROUP BY 1;
    CREATE TRIGGER run_spans_grow AFTER INSERT ON runs BEGIN
      INSERT INTO run_spans VALUES (NEW.id / 1024, NEW.queued_at, NEW.queued_at)
      ON CONFLICT DO UPDATE SET first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)
      WHERE excluded.first_at < first_at OR excluded.last_at > last_at;
    END;

    DROP INDEX runs_by_time;
    DROP INDEX runs_by_rare_trigger;
    CREATE INDEX runs_by_rare_trigger ON runs (trigger, state) WHERE trigger <> 'scheduled';

    ALTER TABLE last_valid ADD COLUMN since_at INTEGER;`,
};
