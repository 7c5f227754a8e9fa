import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';

/**
 * The data folder's own name, in letters and digits, given once and kept: containers and processes carry it, so that two data
 * folders on one machine never touch each other's. A folder that is moved keeps it.
 */
export function dataIdOf(db: Database): string {
  db.prepare(`INSERT INTO meta (key, value) VALUES ('data_id', ?) ON CONFLICT DO NOTHING`).run(
    randomBytes(4).toString('hex'),
  );
  return db.prepare<[], string>(`SELECT value FROM meta WHERE key = 'data_id'`).pluck().get() as string;
}
