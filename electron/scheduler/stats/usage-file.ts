import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UsagePoints } from './usage-series.ts';

/** A task attempt's use, as it stands in the file beside its run's log. */
export interface StoredUsage extends UsagePoints {
  readonly taskRunId: number;
  readonly everyMs: number;
  /** Of a container: how many processors and bytes it may use; null: as many as there are. */
  readonly cpuLimit: number | null;
  readonly memoryLimit: number | null;
}

const SUFFIX = '.stats';

/** Whether a file beside a run's log tells of what its tasks used. */
export function isUsageFile(name: string): boolean {
  return name.endsWith(SUFFIX) || name.endsWith(`${SUFFIX}.new`);
}

/** Whole and in one step: a crash leaves the old one or the new one. Rejects where the disk does not take it. */
export async function writeUsage(folder: string, usage: StoredUsage): Promise<void> {
  const path = join(folder, `${usage.taskRunId}${SUFFIX}`);
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify(usage), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Undefined where there is none, or none that can be read: a chart is worth no failure. */
export async function readUsage(folder: string, taskRunId: number): Promise<StoredUsage | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, `${taskRunId}${SUFFIX}`), 'utf8')) as StoredUsage;
  } catch {
    return undefined;
  }
}

/** The attempts whose use is stored in a run's folder; none for a folder that is not there. */
export async function attemptsWithUsage(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(SUFFIX)).map((name) => Number(name.slice(0, -SUFFIX.length)));
}
