import type { Migration } from '../migrate.ts';

/**
 * The run whose end made this one (`after`). Its name stays with the row, because it may be retained away before. Unique, so that
 * one end never makes two runs of a job.
 */
export const after: Migration = {
  version: 5,
  name: 'after',
  sql: `
    ALTER TABLE runs ADD COLUMN upstream_id INTEGER;
    ALTER TABLE runs ADD COLUMN upstream_job TEXT CHECK ((upstream_job IS NULL) = (upstream_id IS NULL));
    ALTER TABLE runs ADD COLUMN upstream_number INTEGER CHECK ((upstream_number IS NULL) = (upstream_id IS NULL));
    CREATE UNIQUE INDEX runs_of_upstream ON runs (upstream_id, job) WHERE upstream_id IS NOT NULL;
  `,
};
