import { existsSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { Failure } from '../failure.ts';

/**
 * A data folder belongs to one jobs home, because runs, pauses and schedules are known by job ids, which are paths below it. The
 * first home is recorded; Failure `other-home` for any other.
 */
export function bindToJobsHome(db: Database, jobsHome: string): void {
  db.prepare(`INSERT INTO meta (key, value) VALUES ('jobs_home', ?) ON CONFLICT DO NOTHING`).run(jobsHome);
  const bound = jobsHomeOf(db);
  if (bound === undefined || bound === jobsHome) return;
  throw new Failure(
    'other-home',
    `The data in ${db.name} belongs to the jobs home ${bound}, not to ${jobsHome}: start with --home ${bound}, or give ${jobsHome} ` +
      'a data folder of its own with --data.',
  );
}

/** The jobs home that the data belongs to; undefined while it belongs to none. */
export function jobsHomeOf(db: Database): string | undefined {
  return db.prepare<[], string>(`SELECT value FROM meta WHERE key = 'jobs_home'`).pluck().get();
}

/**
 * The same for a database file that nobody need have opened: which home was chosen for this data folder. Null where there is none
 * yet, and where it cannot be read: whoever opens it then is told why.
 */
export function readJobsHome(file: string): string | null {
  if (!existsSync(file)) return null;
  try {
    const db = new Sqlite(file, { readonly: true });
    try {
      return jobsHomeOf(db) ?? null;
    } finally {
      db.close();
    }
  } catch {
    return null;
  }
}
