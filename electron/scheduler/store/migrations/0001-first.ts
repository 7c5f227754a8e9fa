import type { Migration } from '../migrate.ts';

/**
 * The first shape of the state. Tables are STRICT, what must be unique is unique by index, and the CHECKs keep the columns that
 * partial indexes stand on in step with the state (`ended_at` is null exactly while a run is queued or running).
 *
 * Ids of runs, task runs and definitions are AUTOINCREMENT: logs and containers are named by them and parsed definitions are
 * cached by them, so an id must never come back after its row was retained away.
 */
export const first: Migration = {
  version: 1,
  name: 'first',
  sql: `
    CREATE TABLE meta (
      key   TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE settings (
      key   TEXT PRIMARY KEY,
      value TEXT NOT NULL CHECK (json_valid(value))
    ) STRICT, WITHOUT ROWID;

    -- A job as it was when its runs were queued; one row however many runs share it.
    CREATE TABLE definitions (
      id   INTEGER PRIMARY KEY AUTOINCREMENT,
      hash TEXT NOT NULL UNIQUE,
      text TEXT NOT NULL
    ) STRICT;

    -- The last number given to a run of the job; outlives the runs, so that job#12 is never two runs.
    CREATE TABLE job_numbers (
      job  TEXT PRIMARY KEY,
      last INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE runs (
      id                  INTEGER PRIMARY KEY AUTOINCREMENT,
      job                 TEXT NOT NULL,
      number              INTEGER NOT NULL,
      pipeline_name       TEXT NOT NULL,
      trigger             TEXT NOT NULL CHECK (trigger IN ('scheduled', 'manual', 'missed', 'after')),
      state               TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'timed-out',
                                                         'interrupted', 'skipped')),
      reason              TEXT,
      error               TEXT,
      due_at              INTEGER,
      queued_at           INTEGER NOT NULL,
      not_before_at       INTEGER,
      started_at          INTEGER,
      ended_at            INTEGER,
      exit_code           INTEGER,
      attempt             INTEGER NOT NULL DEFAULT 1,
      attempts            INTEGER NOT NULL DEFAULT 1,
      params              TEXT NOT NULL DEFAULT '{}',
      position            INTEGER,
      owner               TEXT,
      concurrency_group   TEXT,
      definition_id       INTEGER REFERENCES definitions (id),
      cancel_requested_at INTEGER,
      skip_count          INTEGER,
      skip_first_at       INTEGER,
      skip_last_at        INTEGER,
      CHECK ((ended_at IS NULL) = (state IN ('queued', 'running'))),
      CHECK ((position IS NOT NULL) = (state = 'queued')),
      CHECK (state <> 'running' OR (owner IS NOT NULL AND started_at IS NOT NULL)),
      CHECK (state <> 'queued' OR owner IS NULL),
      CHECK ((skip_count IS NOT NULL) = (state = 'skipped' AND skip_first_at IS NOT NULL AND skip_last_at IS NOT NULL))
    ) STRICT;

    CREATE UNIQUE INDEX runs_by_number    ON runs (job, number);
    CREATE UNIQUE INDEX runs_waiting      ON runs (position) WHERE state = 'queued';
    CREATE INDEX        runs_active       ON runs (state, job) WHERE ended_at IS NULL;
    CREATE INDEX        runs_ended        ON runs (state) WHERE ended_at IS NOT NULL;
    CREATE INDEX        runs_ended_of_job ON runs (job, id, state) WHERE ended_at IS NOT NULL;
    CREATE INDEX        runs_by_time      ON runs (queued_at);
    CREATE INDEX        runs_by_rare_trigger ON runs (trigger) WHERE trigger <> 'scheduled';
    CREATE INDEX        runs_of_definition   ON runs (definition_id) WHERE definition_id IS NOT NULL;

    -- How many ended runs there are, so that counting a million of them reads a few rows. Kept by triggers, so by every writer.
    CREATE TABLE run_counts (
      job     TEXT NOT NULL,
      state   TEXT NOT NULL,
      trigger TEXT NOT NULL,
      count   INTEGER NOT NULL,
      PRIMARY KEY (job, state, trigger)
    ) STRICT, WITHOUT ROWID;

    CREATE TRIGGER run_counts_born_ended AFTER INSERT ON runs WHEN NEW.ended_at IS NOT NULL BEGIN
      INSERT INTO run_counts VALUES (NEW.job, NEW.state, NEW.trigger, 1) ON CONFLICT DO UPDATE SET count = count + 1;
    END;
    CREATE TRIGGER run_counts_ended AFTER UPDATE OF ended_at ON runs
      WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL BEGIN
      INSERT INTO run_counts VALUES (NEW.job, NEW.state, NEW.trigger, 1) ON CONFLICT DO UPDATE SET count = count + 1;
    END;
    CREATE TRIGGER run_counts_back AFTER UPDATE OF ended_at ON runs
      WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL BEGIN
      UPDATE run_counts SET count = count - 1 WHERE job = OLD.job AND state = OLD.state AND trigger = OLD.trigger;
    END;
    CREATE TRIGGER run_counts_deleted AFTER DELETE ON runs WHEN OLD.ended_at IS NOT NULL BEGIN
      UPDATE run_counts SET count = count - 1 WHERE job = OLD.job AND state = OLD.state AND trigger = OLD.trigger;
    END;

    CREATE TABLE task_runs (
      id             INTEGER PRIMARY KEY AUTOINCREMENT,
      run_id         INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      part           TEXT NOT NULL CHECK (part IN ('step', 'on_success', 'on_failure', 'on_cancel', 'always')),
      group_name     TEXT NOT NULL,
      group_index    INTEGER NOT NULL,
      task_index     INTEGER NOT NULL,
      name           TEXT NOT NULL,
      executor       TEXT NOT NULL CHECK (executor IN ('docker', 'process', 'gitlab', 'github')),
      image          TEXT,
      image_digest   TEXT,
      run_attempt    INTEGER NOT NULL,
      attempt        INTEGER NOT NULL,
      attempts       INTEGER NOT NULL,
      state          TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'succeeded', 'failed', 'cancelled', 'timed-out',
                                                    'interrupted', 'skipped')),
      reason         TEXT,
      started_at     INTEGER,
      ended_at       INTEGER,
      exit_code      INTEGER,
      container_name TEXT,
      container_id   TEXT,
      pid            INTEGER,
      pid_started_at TEXT,
      boot_id        TEXT,
      CHECK ((ended_at IS NULL) = (state IN ('waiting', 'running')))
    ) STRICT;

    CREATE UNIQUE INDEX task_runs_of_run ON task_runs (run_id, run_attempt, part, group_index, task_index, attempt);

    -- One row a (job, text of expression and zone). Occurrences name it by its id: their keys are the largest table by count.
    CREATE TABLE schedules (
      id            INTEGER PRIMARY KEY AUTOINCREMENT,
      job           TEXT NOT NULL,
      schedule      TEXT NOT NULL,
      first_seen_at INTEGER NOT NULL,
      looked_at     INTEGER NOT NULL,
      UNIQUE (job, schedule)
    ) STRICT;

    -- What was queued, or recorded as skipped, once and for all. Outlives its run: no reference.
    CREATE TABLE occurrences (
      schedule_id INTEGER NOT NULL REFERENCES schedules (id),
      due_at      INTEGER NOT NULL,
      run_id      INTEGER NOT NULL,
      PRIMARY KEY (schedule_id, due_at)
    ) STRICT, WITHOUT ROWID;

    -- The newest valid version of each job, for a file that is not valid when Nightjar starts.
    CREATE TABLE last_valid (
      job  TEXT PRIMARY KEY,
      text TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Coming occurrences that the user took out.
    CREATE TABLE planned_skips (
      job    TEXT NOT NULL,
      due_at INTEGER NOT NULL,
      PRIMARY KEY (job, due_at)
    ) STRICT, WITHOUT ROWID;

    -- The window's pauses; the job '' is all jobs.
    CREATE TABLE pauses (
      job      TEXT PRIMARY KEY,
      since_at INTEGER NOT NULL,
      until_at INTEGER
    ) STRICT, WITHOUT ROWID;
  `,
};
