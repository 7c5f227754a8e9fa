import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OUTPUT_FILE } from '../executor/executor.ts';

/**
 * The folder of one attempt of a task that its outputs are written to. Any user of a container may write here; who is not us does not
 * get past the data folder. A few calls that never take long, so they are made at once. It gets its name when it is whole, so that a crash leaves none that a task could not write to.
 */
export function makeExchange(folder: string): string {
  // Made by a scheduler that crashed since: the task may have written already, and whatever is there now is not to be trusted.
  if (existsSync(folder)) return folder;
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
  return folder;
}

/** Of one attempt of a task. They lie side by side: a folder for each run around them would be made and removed with each. */
export function exchangeFolder(dataFolder: string, runId: number, taskRunId: number): string {
  return join(dataFolder, 'outputs', `${runId}-${taskRunId}`);
}

/** Removes those of a run. Mostly there is an empty file in each; what a task has put beside it may be much, and takes its time. */
export async function dropExchanges(dataFolder: string, runId: number): Promise<void> {
  const all = join(dataFolder, 'outputs');
  if (!existsSync(all)) return;
  for (const name of readdirSync(all)) {
    if (!name.startsWith(`${runId}-`)) continue;
    const folder = join(all, name);
    try {
      unlinkSync(join(folder, OUTPUT_FILE));
      rmdirSync(folder);
    } catch {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
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
