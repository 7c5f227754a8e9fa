import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FileLock } from '../file-lock.ts';
import { mirrorFolder } from './mirror.ts';

/** Who renames a job, or looks at another branch of the jobs home for a day, is not to fetch everything again. */
const UNUSED_FOR_MS = 7 * 86_400_000;

/**
 * Removes mirrors of repositories that no job names any more and no run has used for a week. What is being removed has another name, so
 * that a crash leaves no half of a mirror; who needs one again fetches it anew.
 */
export async function sweepMirrors(dataFolder: string, urlsOfJobs: Iterable<string>, now: number): Promise<void> {
  const folder = join(dataFolder, 'repos');
  const named = new Set(Array.from(urlsOfJobs, (url) => mirrorFolder(dataFolder, url)));
  for (const name of await readdir(folder).catch(() => [])) {
    const mirror = join(folder, name);
    try {
      if (/^[0-9a-f]{16}$/.test(name) && !named.has(mirror)) await removeUnused(mirror, now);
      else if (name.endsWith('.gone')) await rm(mirror, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // The next sweep finds it.
    }
  }
}

async function removeUnused(mirror: string, now: number): Promise<void> {
  const lock = FileLock.tryTake(`${mirror}.lock`);
  if (lock === undefined) return;
  const gone = `${mirror}.gone`;
  try {
    if (now - (await stat(mirror)).mtimeMs < UNUSED_FOR_MS) return;
    await rename(mirror, gone);
  } finally {
    lock.release();
  }
  await rm(gone, { recursive: true, force: true, maxRetries: 3 });
}
