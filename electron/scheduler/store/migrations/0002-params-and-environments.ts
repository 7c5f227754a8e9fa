import type { Migration } from '../migrate.ts';

/**
 * What a person typed for a job's params, and what the variables of a run were: names and keyed hashes, never values
 * (product.md, Environment). Runs whose variables were the same share a row, which goes with the last of them.
 */
export const paramsAndEnvironments: Migration = {
  version: 2,
  name: 'params-and-environments',
  sql: `
    -- Values other than the defaults, by name. Outlives the runs.
    CREATE TABLE last_params (
      job    TEXT PRIMARY KEY,
      params TEXT NOT NULL CHECK (json_valid(params))
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE environments (
      id   INTEGER PRIMARY KEY AUTOINCREMENT,
      hash TEXT NOT NULL UNIQUE,
      text TEXT NOT NULL CHECK (json_valid(text))
    ) STRICT;

    -- Null: never started, or by a version that kept none.
    ALTER TABLE runs ADD COLUMN environment_id INTEGER REFERENCES environments (id);
    CREATE INDEX runs_of_environment ON runs (environment_id) WHERE environment_id IS NOT NULL;

    CREATE TRIGGER environments_after_run AFTER DELETE ON runs WHEN OLD.environment_id IS NOT NULL BEGIN
      DELETE FROM environments WHERE id = OLD.environment_id
        AND NOT EXISTS (SELECT 1 FROM runs WHERE environment_id = OLD.environment_id);
    END;
    CREATE TRIGGER environments_after_change AFTER UPDATE OF environment_id ON runs
      WHEN OLD.environment_id IS NOT NULL AND OLD.environment_id IS NOT NEW.environment_id BEGIN
      DELETE FROM environments WHERE id = OLD.environment_id
        AND NOT EXISTS (SELECT 1 FROM runs WHERE environment_id = OLD.environment_id);
    END;
  `,
};
