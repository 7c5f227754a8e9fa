import { close, fdatasync, open } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Database } from 'better-sqlite3';
import { syncFolder } from '../sync-folder.ts';

const [openFile, syncFile, closeFile] = [promisify(open), promisify(fdatasync), promisify(close)];
const withFolder = new WeakSet<Database>();

/**
 * Resolves when everything that is committed survives a loss of power, as a commit with `synchronous = FULL` does; but the event
 * loop does not wait for the disk. What was committed is in SQLite's write-ahead log, or, checkpointed, in the file itself, which
 * SQLite syncs before it reuses the log.
 *
 * Closing the log's file gives up none of SQLite's locks: they are on the other two files.
 */
export async function syncLog(db: Database): Promise<void> {
  // Windows flushes only what is open for writing.
  const file = await openFile(`${db.name}-wal`, 'r+');
  try {
    await syncFile(file);
  } finally {
    await closeFile(file);
  }
  if (withFolder.has(db)) return;
  await syncFolder(dirname(db.name));
  withFolder.add(db);
}
