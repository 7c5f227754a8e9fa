import fs from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';

/**
 * A lock that the operating system takes back when its process ends, however it ends: `BEGIN EXCLUSIVE` on a database of its own
 * that nothing is ever written to. Portable where Node has no file locks, and right between two holders in one process as well,
 * which bare POSIX locks are not. Only SQLite may open the file: on POSIX, closing any other handle of it would drop the lock.
 */
export class FileLock {
  readonly #db: Database;

  private constructor(db: Database) {
    this.#db = db;
  }

  /** Undefined where somebody holds it. Waits at most `waitMs`, for those who only look (`isFree`). */
  static tryTake(file: string, waitMs = 0): FileLock | undefined {
    const db = new Sqlite(file, { timeout: waitMs });
    try {
      // Else an empty journal would lie beside the file for as long as the lock is held.
      db.pragma('journal_mode = MEMORY');
      db.exec('BEGIN EXCLUSIVE');
      return new FileLock(db);
    } catch (error) {
      db.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
  }

  /** Whether nobody holds it. Takes a shared lock for a moment, so that any number may look at once and find the same. */
  static isFree(file: string): boolean {
    if (!fs.existsSync(file)) return true;
    const db = new Sqlite(file, { timeout: 0 });
    try {
      db.prepare('SELECT count(*) FROM sqlite_schema').get();
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    } finally {
      db.close();
    }
  }

  release(): void {
    this.#db.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
