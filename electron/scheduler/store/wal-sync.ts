import { closeSync, fdatasync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Database } from 'better-sqlite3';
import { syncFolder } from '../sync-folder.ts';

const syncFile = promisify(fdatasync);
const withFolder = new WeakSet<Database>();

/**
 * Resolves when everything that is committed survives a loss of power, as a commit with `synchronous = FULL` does; but the event
 * loop does not wait for the disk. What was committed is in SQLite's write-ahead log, or, checkpointed, in the file itself, which
 * SQLite syncs before it reuses the log.
 *
 * Closing the log's file gives up none of SQLite's locks: they are on the other two files. Only the disk is waited for elsewhere: to
 * open and close what SQLite has open takes microseconds, and two more turns through other threads would keep each run waiting.
 */
export async function syncLog(db: Database): Promise<void> {
  // Windows flushes only what is open for writing.
  const file = openSync(`${db.name}-wal`, 'r+');
  try {
    await syncFile(file);
  } finally {
    closeSync(file);
  }
  if (withFolder.has(db)) return;
  await syncFolder(dirname(db.name));
  withFolder.add(db);
}
