import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bindToJobsHome } from '../../electron/scheduler/store/bound-home.ts';
import { openDatabase } from '../../electron/scheduler/store/open-database.ts';

const STATES = ['succeeded', 'failed', 'cancelled', 'timed-out', 'interrupted', 'skipped'] as const;

/** So many runs were interrupted, whatever the count of all: a page of them is equally full in each past. */
const INTERRUPTED = 100;

/**
 * Puts a past of `count` ended runs of `jobs` jobs into a data folder, one every twenty seconds, the last one now: nine in ten have
 * succeeded, each other outcome has its share, and the few that were interrupted are spread over all of it. Rows as the scheduler
 * writes them; only the way in is one statement, because a million of them through the queue would take minutes.
 */
export function writePastRuns(folder: string, count: number, jobs = 100): void {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const db = openDatabase(join(data, 'nightjar.db'));
  bindToJobsHome(db, join(folder, 'jobs'));
  const now = Date.now();
  db.exec("INSERT INTO definitions (hash) VALUES ('past'); INSERT INTO definition_texts VALUES (1, '{}')");
  db.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < @count - 1),
     -- A number that is given is a REAL, and would make "f7.0/job-17.0" of the name.
     numbered (i, job) AS (SELECT i, i % CAST(@jobs AS INTEGER) FROM n),
     run (i, job, state, at) AS MATERIALIZED (
       SELECT i, 'f' || (job % 10) || '/job-' || job,
         CASE WHEN i % @rare = @rare - 1 THEN @interrupted WHEN i % 10 <> 3 THEN @succeeded WHEN i % 100 = 33 THEN @cancelled
              WHEN i % 100 = 63 THEN @timedOut WHEN i % 100 = 93 THEN @skipped ELSE @failed END,
         @now - (@count - i) * 20000
       FROM numbered)
     INSERT INTO runs (job, number, pipeline_name, trigger, state, reason, due_at, queued_at, started_at, ended_at, exit_code, params,
       definition_id)
     SELECT job, CAST(i / @jobs AS INTEGER) + 1, job, CASE WHEN i % 50 = 7 THEN 'manual' ELSE 'scheduled' END, state,
       CASE state WHEN 'succeeded' THEN NULL ELSE 'exit 1 in work' END, at, at, at + 40, at + 40 + i % 977,
       CASE state WHEN 'succeeded' THEN 0 WHEN 'skipped' THEN NULL ELSE 1 END, '{}',
       CASE state WHEN 'skipped' THEN NULL ELSE 1 END
     FROM run`,
  ).run({
    count,
    jobs,
    now,
    rare: Math.max(1, Math.floor(count / INTERRUPTED)),
    succeeded: STATES[0],
    failed: STATES[1],
    cancelled: STATES[2],
    timedOut: STATES[3],
    interrupted: STATES[4],
    skipped: STATES[5],
  });
  db.prepare('INSERT INTO job_numbers (job, last) SELECT job, max(number) FROM runs GROUP BY job').run();
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}
