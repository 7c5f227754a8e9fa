import type { Migration } from '../migrate.ts';

/**
 * Containers that stay for a look inside, until a moment of the wall clock; without a reference, because a container outlives the
 * row of its run where that is retained away. And the engine that a task's container was made on, so that after a restart all
 * engines are asked that may still have some.
 */
export const keptContainers: Migration = {
  version: 7,
  name: 'kept-containers',
  sql: `
    CREATE TABLE kept_containers (
      task_run_id  INTEGER PRIMARY KEY,
      run_id       INTEGER NOT NULL,
      container_id TEXT NOT NULL,
      engine       TEXT,
      until_at     INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX kept_containers_of_run ON kept_containers (run_id);
    CREATE INDEX kept_containers_until  ON kept_containers (until_at);

    ALTER TABLE task_runs ADD COLUMN engine TEXT;
    CREATE INDEX task_runs_by_engine ON task_runs (engine, id) WHERE engine IS NOT NULL;
  `,
};
