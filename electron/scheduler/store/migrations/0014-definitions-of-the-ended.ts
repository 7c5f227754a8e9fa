import type { Migration } from '../migrate.ts';

/**
 * The index of definitions, too, takes a run when it ends: a definition is one job's, whose other runs are found by its name. So the
 * foreign key goes, which looks in one index for all: that a definition is there is asked by who queues a run (new-runs.ts), and only the
 * trigger takes one away.
 */
export const definitionsOfTheEnded: Migration = {
  version: 14,
  name: 'definitions-of-the-ended',
  changesSchemaText: true,
  sql: `
    DROP TRIGGER definitions_after_run;
    DROP INDEX runs_of_definition;
    CREATE INDEX runs_ended_of_definition ON runs (definition_id) WHERE ended_at IS NOT NULL AND definition_id IS NOT NULL;
    CREATE TRIGGER definitions_after_run AFTER DELETE ON runs WHEN OLD.definition_id IS NOT NULL BEGIN
      DELETE FROM definitions WHERE id = OLD.definition_id
        AND NOT EXISTS (SELECT 1 FROM runs INDEXED BY runs_ended_of_definition
                        WHERE definition_id = OLD.definition_id AND ended_at IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM runs INDEXED BY runs_active_of_job
                        WHERE job = OLD.job AND ended_at IS NULL AND definition_id = OLD.definition_id);
    END;
    UPDATE sqlite_schema SET sql = replace(sql, 'INTEGER REFERENCES definitions (id)', 'INTEGER')
    WHERE type = 'table' AND name = 'runs';`,
};
