import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { lstat, opendir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { logFolderOf } from '../log/log-book.ts';
import { isUsageFile } from '../stats/usage-file.ts';
import { addSizes, NO_SIZES, type RunSizes } from '../store/run-sizes.ts';
import { Artifacts } from '../workspace/artifacts.ts';

/** As log-book.ts and artifacts.ts lay them out: run 12345 is in folder 12. */
const RUNS_A_FOLDER = 1_000;
const ROOTS = ['logs', 'artifacts'] as const;

/** Which runs a database knows. */
export interface KnownRuns {
  /** The ids of the runs from one id to another, both included. */
  between(from: number, to: number): ReadonlySet<number>;
  /** The last id that it gave to a run. */
  readonly lastId: number;
}

export interface Swept {
  /** Folders of runs that are no more. */
  readonly folders: number;
  readonly sizes: RunSizes;
  /** What could not be removed, each with the reason. */
  readonly refused: readonly string[];
}

/** The files that runs leave in the data folder: how large they are, and their removal. */
export class RunFiles {
  readonly #dataFolder: string;
  readonly #artifacts: Artifacts;

  constructor(dataFolder: string) {
    this.#dataFolder = dataFolder;
    this.#artifacts = new Artifacts(dataFolder);
  }

  /** Lengths of the files, which is what a person sees of them, not the blocks that a file system rounds them up to. */
  async measure(runId: number): Promise<RunSizes> {
    const folder = logFolderOf(this.#dataFolder, runId);
    let [log, stats] = [0, 0];
    // Most runs leave nothing, and to hear so as an error costs ten times as much. Without a thread for each of a few files: see log-files.ts.
    for (const [name, bytes] of existsSync(folder) ? filesIn(folder) : []) {
      if (isUsageFile(name)) stats += bytes;
      else log += bytes;
    }
    return { log, stats, artifacts: (await this.#artifacts.sizeOf(runId)).bytes };
  }

  /** Also where there are none. Resolves with what stands in the way: what a container wrote as root is not ours to remove. */
  async remove(runId: number): Promise<string[]> {
    const refused: string[] = [];
    const note = (error: unknown): void => void refused.push(error instanceof Error ? error.message : String(error));
    await rm(logFolderOf(this.#dataFolder, runId), { recursive: true, force: true, maxRetries: 3 }).catch(note);
    await this.#artifacts.remove(runId).catch(note);
    return refused;
  }

  /**
   * Removes the folders of runs that are no more: a crash between the removal of a run and that of its files leaves them. A folder
   * with a number that this database has not given out yet is another's, from before it was replaced, and stays.
   */
  async sweep(known: KnownRuns, isStopping: () => boolean): Promise<Swept> {
    let sizes = NO_SIZES;
    const folders = new Set<number>();
    const refused: string[] = [];
    for (const root of ROOTS) {
      for (const bucket of await numbersIn(join(this.#dataFolder, root))) {
        if (isStopping()) return { folders: folders.size, sizes, refused };
        // The folder is read before the rows: a run is stored before it has a folder, so what has no row now is a leftover.
        const ids = await numbersIn(join(this.#dataFolder, root, String(bucket)));
        const rows = known.between(bucket * RUNS_A_FOLDER, (bucket + 1) * RUNS_A_FOLDER - 1);
        const strays = ids.filter((id) => !rows.has(id) && id <= known.lastId);
        for (const id of strays) {
          const size = await this.measure(id);
          const not = await this.remove(id);
          refused.push(...not);
          if (not.length > 0) continue;
          folders.add(id);
          sizes = addSizes(sizes, size);
        }
        // Only below the newest run's: there a run may be making its folder right now.
        if (rows.size === 0 && bucket < Math.floor(known.lastId / RUNS_A_FOLDER)) {
          await rmdir(join(this.#dataFolder, root, String(bucket))).catch(notEmpty);
        }
      }
    }
    return { folders: folders.size, sizes, refused };
  }

  /** Of everything below a folder of the data folder, by the names of its first level; links are not followed. */
  async sizesIn(name: string): Promise<Map<string, number>> {
    const folder = join(this.#dataFolder, name);
    const sizes = new Map<string, number>();
    for (const entry of await readdir(folder).catch(() => [])) sizes.set(entry, await sizeBelow(join(folder, entry)));
    return sizes;
  }
}

/** Names and bytes; of what cannot be looked at there are none. */
function filesIn(folder: string): (readonly [string, number])[] {
  try {
    return readdirSync(folder).map((name) => {
      const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
      return [name, found?.size ?? 0] as const;
    });
  } catch {
    return [];
  }
}

async function sizeBelow(path: string): Promise<number> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.size;
  const folder = await opendir(path).catch(() => undefined);
  let bytes = 0;
  if (folder !== undefined) for await (const entry of folder) bytes += await sizeBelow(join(path, entry.name));
  return bytes;
}

async function numbersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^(0|[1-9]\d{0,14})$/.test(name)).map(Number);
}

function notEmpty(error: NodeJS.ErrnoException): void {
  if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code ?? '')) throw error;
}
