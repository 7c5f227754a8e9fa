import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OUTPUT_FILE } from '../executor/executor.ts';

/**
 * The folder of one attempt of a task that its outputs are written to. Any user of a container may write here; who is not us does not
 * get past the data folder. It gets its name when it is whole, so that a crash leaves none that a task could not write to.
 */
export async function makeExchange(folder: string): Promise<string> {
  // Made by a scheduler that crashed since: the task may have written already, and whatever is there now is not to be trusted.
  if ((await stat(folder).catch(() => undefined)) !== undefined) return folder;
  const begun = `${folder}.new`;
  await rm(begun, { recursive: true, force: true });
  await mkdir(begun, { recursive: true, mode: 0o700 });
  const file = join(begun, OUTPUT_FILE);
  await writeFile(file, '', { flag: 'wx' });
  await chmod(file, 0o666);
  await chmod(begun, 0o777);
  await rename(begun, folder);
  return folder;
}

/** Of all attempts of a run. */
export function exchangeFolder(dataFolder: string, runId: number): string {
  return join(dataFolder, 'outputs', String(runId));
}

/** Removes what the tasks of dead runs wrote and nobody read. */
export async function sweepExchanges(dataFolder: string, isRunning: (runId: number) => boolean): Promise<void> {
  const folder = join(dataFolder, 'outputs');
  for (const name of await readdir(folder).catch(() => [])) {
    if (!/^\d+$/.test(name) || isRunning(Number(name))) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
  }
}
