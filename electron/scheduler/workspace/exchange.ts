import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OUTPUT_FILE } from '../executor/executor.ts';

/** The file of one attempt of a task that is a process of ours. What is there was made by a scheduler that crashed since, or by the task. */
export function makeOutputFile(file: string): string {
  const make = (): void => closeSync(openSync(file, 'wx', 0o600));
  try {
    make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return file;
    if (code !== 'ENOENT') throw error;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    make();
  }
  return file;
}

/**
 * The same in a folder of its own, for a container. Any of its users may write here; who is not us does not get past the data folder.
 * A few calls that never take long, so they are made at once. It gets its name when it is whole, so that a crash leaves none that a task
 * could not write to.
 */
export function makeOutputFolder(folder: string): string {
  // Made by a scheduler that crashed since: the task may have written already, and whatever is there now is not to be trusted.
  if (existsSync(folder)) return join(folder, OUTPUT_FILE);
  const begun = `${folder}.new`;
  if (existsSync(begun)) rmSync(begun, { recursive: true, force: true });
  mkdirSync(begun, { recursive: true, mode: 0o700 });
  const file = openSync(join(begun, OUTPUT_FILE), 'wx');
  try {
    fchmodSync(file, 0o666);
  } finally {
    closeSync(file);
  }
  chmodSync(begun, 0o777);
  renameSync(begun, folder);
  return join(folder, OUTPUT_FILE);
}

/** Of one attempt of a task: the file, or the folder around it. They lie side by side: a folder for each run would be made and removed with each. */
export function exchangePath(dataFolder: string, runId: number, taskRunId: number): string {
  return join(dataFolder, 'outputs', `${runId}-${taskRunId}`);
}

/** Removes one that nobody reads any more. What a task has made in its place may be much, and takes its time; what cannot be removed is swept later. */
export async function dropExchange(path: string): Promise<void> {
  try {
    unlinkSync(path);
  } catch {
    await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

/** Removes what the tasks of dead runs wrote and nobody read. */
export async function sweepExchanges(dataFolder: string, isRunning: (runId: number) => boolean): Promise<void> {
  const folder = join(dataFolder, 'outputs');
  for (const name of await readdir(folder).catch(() => [])) {
    const runId = Number.parseInt(name, 10);
    if (Number.isNaN(runId) || isRunning(runId)) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
  }
}
