import type { Migration } from '../migrate.ts';

/** Whether a container was ever named in this data folder (task-run-store.ts), for those that have been there before it was noted. */
export const hadContainers: Migration = {
  version: 9,
  name: 'had-containers',
  sql: `
    INSERT INTO meta (key, value)
    SELECT 'had_containers', 'yes' WHERE EXISTS (SELECT 1 FROM task_runs WHERE container_name IS NOT NULL);`,
};
