import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

/** One file and the one before it: enough to see what went wrong lately, never a reason for a full disk. */
const MAX_BYTES = 1024 * 1024;

/**
 * Where what nobody planned for is written, with its stack: `nightjar.log` in the data folder. For the people who mend it; a
 * user is shown one sentence.
 */
export function openBugLog(dataFolder: string): (error: unknown) => void {
  return (error) => {
    // A full disk, mostly. Then the terminal is the last place to say it.
    if (!logBug(dataFolder, error)) process.stderr.write(entryOf(error));
  };
}

/** False where it could not be written. */
export function logBug(dataFolder: string, error: unknown): boolean {
  const file = bugLogOf(dataFolder);
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(file, `${file}.1`);
    appendFileSync(file, entryOf(error), { mode: 0o600 });
    return true;
  } catch {
    // Whoever called says it elsewhere.
    return false;
  }
}

export function bugLogOf(dataFolder: string): string {
  return join(dataFolder, 'nightjar.log');
}

function entryOf(error: unknown): string {
  return `${new Date().toISOString()} ${inspect(error)}\n`;
}
