import { mkdtemp, rm, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { JobsHome } from '../../../electron/scheduler/job-file/jobs-home.ts';
import type { JobsChange } from '../../../electron/scheduler/job-file/job-table.ts';
import { checkSchedule } from './parsing.ts';

export const STEP = 'steps: [{ command: x }]\n';

/** A temporary folder for one test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-home-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function put(folder: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** A home that is started, and all that it told. */
export async function startHome(folder: string) {
  const changes: JobsChange[] = [];
  const waiting = new Set<() => void>();
  const home = new JobsHome({
    folder,
    checkSchedule,
    userHome: '/home/ada',
    onChange(change) {
      changes.push(change);
      for (const look of waiting) look();
    },
    onBug(error) {
      throw error;
    },
  });
  onTestFinished(() => home.close());
  await home.start();
  return {
    home,
    changes,
    /** Resolves with the milliseconds until the condition held; it is looked at after each change. */
    async until(condition: () => boolean, boundMs = 5_000): Promise<number> {
      const from = performance.now();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = () => {
        if (condition()) resolve();
      };
      const seen = () => JSON.stringify(home.jobs().map(({ id, isCurrent }) => ({ id, isCurrent })));
      const bound = setTimeout(() => reject(new Error(`after ${boundMs} ms the jobs are ${seen()}`)), boundMs);
      waiting.add(look);
      look();
      await promise.finally(() => {
        waiting.delete(look);
        clearTimeout(bound);
      });
      return performance.now() - from;
    },
    ids: () => home.jobs().map((entry) => entry.id),
  };
}
