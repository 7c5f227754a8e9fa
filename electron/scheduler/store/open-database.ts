import fs from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { Failure } from '../failure.ts';
import { migrate, MIGRATIONS, versionOf } from './migrate.ts';
import type { Migration } from './migrate.ts';

/**
 * What is set on every connection, and why:
 * - journal_mode WAL: readers (the worker, a second instance) never block the writer, and a commit is one append.
 * - synchronous NORMAL: a crash of the process loses nothing, a loss of power may lose the last commits, never the consistency.
 *   What has begun to run must not be queued again after a power cut, so no task begins before the log with its claim
 *   is on the disk: by `syncLog` (wal-sync.ts) beside the event loop, or by a commit that is FULL (`claim` of job-queue.ts).
 * - busy_timeout: two instances write during a hand-over; each holds the lock for well under a millisecond, so 5 s means broken.
 * - foreign_keys: off by default in SQLite's library, and the schema counts on them.
 * - cache_size: 2 MiB, of each connection. The pages that the queue needs are a few hundred KiB, and the system's own cache has the others: with 10,000 jobs
 *   due every 5 s, who go round through 16 MiB of pages, 8 MiB were no quicker.
 * - wal_autocheckpoint: 64 MiB, a last resort: a commit that checkpoints 16 MiB holds up the event loop for 50 ms (measured with 10,000 jobs
 *   due every 5 s), and at SQLite's 4 MiB a busy queue spends half of its time at it. The thread of the store checkpoints much earlier
 *   (retention.ts), and whoever closes the last connection.
 * - journal_size_limit: a long reader lets the WAL grow; this gives the space back at the next checkpoint.
 * - temp_store: sorts are of a few hundred rows and need no file.
 * - mmap stays off: with it, a disk error or a truncated file is a SIGBUS of the whole application in place of an exception.
 */
const PRAGMAS = [
  'journal_mode = WAL',
  'synchronous = NORMAL',
  'busy_timeout = 5000',
  'foreign_keys = ON',
  'cache_size = -2048',
  'wal_autocheckpoint = 16384',
  'journal_size_limit = 67108864',
  'temp_store = MEMORY',
];

/**
 * Opens the state of a data folder and brings it to this version's shape; makes file and folder where they are missing (for the
 * user alone: 0700 and 0600). Throws Failure `database-newer` or `database-corrupt`.
 *
 * Where `needsMigration` is true and another instance still runs, wait for its end first: it does not know the new shape.
 */
export function openDatabase(file: string): Database {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  fs.closeSync(fs.openSync(file, 'a', 0o600));
  return guarded(file, (db) => {
    for (const pragma of PRAGMAS) db.pragma(pragma);
    migrate(db);
  });
}

/** Whether opening would change the shape of a database that exists. A new or empty file needs none. */
export function needsMigration(file: string, migrations: readonly Migration[] = MIGRATIONS): boolean {
  if (!fs.existsSync(file)) return false;
  let version = 0;
  guarded(file, (db) => (version = versionOf(db))).close();
  return version > 0 && version < migrations.length;
}

function guarded(file: string, prepare: (db: Database) => void): Database {
  const db = new Sqlite(file);
  try {
    prepare(db);
    return db;
  } catch (error) {
    db.close();
    if (!isCorruption(error)) throw error;
    throw new Failure(
      'database-corrupt',
      `The database ${file} is damaged (${error.message}): move it away together with its -wal and -shm files to start with an ` +
        'empty history, or put a backup in its place. The job files are not touched by this.',
      { cause: error },
    );
  }
}

/** Whether SQLite says that the file is not, or no longer, a sound database. */
export function isCorruption(error: unknown): error is Error {
  return error instanceof Sqlite.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}
