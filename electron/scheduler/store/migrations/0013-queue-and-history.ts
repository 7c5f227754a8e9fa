import type { Migration } from '../migrate.ts';

/**
 * A run that waits is in the indexes of the queue alone, and the history's take it when it ends. Ten thousand jobs may be due at one moment,
 * and an index over all runs of a job is on as many pages as there are jobs; they end one by one.
 */
export const queueAndHistory: Migration = {
  version: 13,
  name: 'queue-and-history',
  sql: `
    DROP INDEX runs_by_number;
    DROP INDEX runs_active;
    CREATE UNIQUE INDEX runs_active_of_job   ON runs (job, number) WHERE ended_at IS NULL;
    CREATE UNIQUE INDEX runs_ended_by_number ON runs (job, number) WHERE ended_at IS NOT NULL;
    CREATE INDEX        runs_running         ON runs (started_at) WHERE state = 'running';`,
};
