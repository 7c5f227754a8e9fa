import { chmodSync, constants, existsSync, lstatSync, mkdirSync, opendirSync, renameSync, rmdirSync } from 'node:fs';
import {
  cp,
  lstat,
  mkdir,
  open,
  opendir,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { isDiskFull } from '../disk-reserve.ts';
import { Failure, whyUnreadable } from '../failure.ts';

/** Folders in one folder, as of the logs: a million runs are a thousand folders of a thousand. */
const RUNS_A_FOLDER = 1_000;
/** Listed at most; a run that leaves more has made a data set, and a page of a window shows none. */
const LISTED_FILES = 10_000;
const SPARE = 'spare-';
/** As many as begin together where many do. */
const MOST_SPARES = 16;

export interface ArtifactFile {
  /** Below the run's folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly at: number;
}

export interface ArtifactList {
  /** In the order of their paths. */
  readonly files: readonly ArtifactFile[];
  /** Of what is listed. */
  readonly bytes: number;
  /** There are more than are listed. */
  readonly isCut: boolean;
}

/**
 * What runs leave for people: a folder for each run, which its tasks know as NIGHTJAR_ARTIFACTS. Tasks write what they like, so
 * nothing in it is trusted: a link is neither listed nor followed, and a path leads nowhere else.
 */
export class Artifacts {
  readonly #folder: string;
  /** Folders that nothing was left in, for the next runs: to remove and make one takes some file systems a third of a millisecond. */
  readonly #spares: string[] = [];
  #lastSpare = 0;

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, 'artifacts');
  }

  /** Where a run's artifacts are, if there are any. */
  folderOf(runId: number): string {
    return join(this.#folder, String(Math.floor(runId / RUNS_A_FOLDER)), String(runId));
  }

  /**
   * Makes the folder, or finds it made; any user of a container may write there.
   *
   * @param origin a run with whose artifacts it begins: a copy, because each run's are its own
   */
  async make(runId: number, origin: number | null = null): Promise<string> {
    const folder = this.folderOf(runId);
    if (origin !== null && !existsSync(folder)) await this.#copy(origin, folder);
    if (!this.#takeSpare(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Not by the mode above, which the umask cuts. Who is not us cannot get this far: the data folder is ours alone.
    chmodSync(folder, 0o777);
    return folder;
  }

  #takeSpare(folder: string): boolean {
    const spare = existsSync(folder) ? undefined : this.#spares.pop();
    // Whoever left its task and kept the folder open may have written meanwhile.
    if (spare === undefined || !isEmpty(spare)) return false;
    try {
      renameSync(spare, folder);
      return true;
    } catch {
      return false; // The first of a thousand has no folder around it yet.
    }
  }

  /** Removes spare folders that a crash left. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const path = join(this.#folder, name);
      if (name.startsWith(SPARE) && !this.#spares.includes(path)) await rmdir(path).catch(() => {});
    }
  }

  async #copy(origin: number, folder: string): Promise<void> {
    const from = this.folderOf(origin);
    if (!existsSync(from)) return;
    const begun = `${folder}.new`;
    await rm(begun, { recursive: true, force: true, maxRetries: 3 });
    await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
    try {
      await cp(from, begun, {
        recursive: true,
        mode: constants.COPYFILE_FICLONE,
        preserveTimestamps: true,
        verbatimSymlinks: true,
        // Pipes and sockets that a task has forgotten cannot be copied.
        filter: async (source) => {
          const stat = await lstat(source);
          return stat.isFile() || stat.isDirectory() || stat.isSymbolicLink();
        },
      });
    } catch (error) {
      if (isDiskFull(error)) throw error;
      const why = `What the run before this one left in ${from} cannot be taken over: ${whyUnreadable(error)}.`;
      throw new Failure('artifacts', `${why} Run the job again from the start.`, { cause: error });
    }
    // Whole or not at all: a crash in between must not pass for a folder that the tasks have tidied up.
    await rename(begun, folder);
  }

  /**
   * Takes the folder away where nothing was left in it; returns whether it is gone. `isFree`: nobody but us ever had it open, as a
   * container has what is mounted in it.
   */
  dropEmpty(runId: number, isFree: boolean): boolean {
    const folder = this.folderOf(runId);
    if (isFree && this.#spares.length < MOST_SPARES && isEmpty(folder)) {
      const spare = join(this.#folder, `${SPARE}${(this.#lastSpare += 1)}`);
      try {
        renameSync(folder, spare);
        this.#spares.push(spare);
        return true;
      } catch {
        // What a crash left under that name has something in it.
      }
    }
    try {
      rmdirSync(folder);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
      return code === 'ENOENT';
    }
  }

  /** Whether somebody else's files or folders are among them: those of a container's root. */
  async hasForeign(runId: number): Promise<boolean> {
    const uid = process.getuid?.();
    if (uid === undefined) return false;
    const entries = await readdir(this.folderOf(runId), { withFileTypes: true }).catch(() => []);
    // What is deeper was made by the owner of what is above it, or is in a folder of ours.
    for (const { name } of entries) {
      const stat = await lstat(join(this.folderOf(runId), name)).catch(() => undefined);
      if (stat !== undefined && stat.uid !== uid) return true;
    }
    return false;
  }

  async list(runId: number): Promise<ArtifactList> {
    const files: ArtifactFile[] = [];
    let isCut = false;
    for await (const file of filesBelow(this.folderOf(runId), '')) {
      isCut = files.length === LISTED_FILES;
      if (isCut) break;
      files.push(file);
    }
    files.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), isCut };
  }

  /** Of all files, however many. */
  async sizeOf(runId: number): Promise<{ files: number; bytes: number }> {
    const size = { files: 0, bytes: 0 };
    if (!existsSync(this.folderOf(runId))) return size;
    for await (const { bytes } of filesBelow(this.folderOf(runId), '')) {
      size.files += 1;
      size.bytes += bytes;
    }
    return size;
  }

  /** Removes all of them; also where there are none. */
  async remove(runId: number): Promise<void> {
    const folder = this.folderOf(runId);
    // Most runs leave none.
    const left = [folder, `${folder}.new`].filter((one) => existsSync(one));
    for (const one of left) await rm(one, { recursive: true, force: true, maxRetries: 3 });
  }

  /**
   * The real path of a listed file.
   *
   * @throws Failure `no-such-artifact`, also for what is no plain file or lies elsewhere
   */
  async locate(runId: number, path: string): Promise<string> {
    const folder = await realpath(this.folderOf(runId)).catch(() => undefined);
    const wanted = folder === undefined || path.includes('\0') ? undefined : join(folder, path);
    const real = wanted === undefined ? undefined : await realpath(wanted).catch(() => undefined);
    // A link is not followed even where it leads to a neighbour: what is listed is what can be had.
    if (real === undefined || real !== wanted || !real.startsWith(folder + sep) || !(await lstat(real)).isFile()) {
      throw new Failure(
        'no-such-artifact',
        `Run ${runId} has no artifact ${path}; it may have been removed meanwhile.`,
      );
    }
    return real;
  }

  /** Opens a listed file to be read; close it. @throws like `locate` */
  async open(runId: number, path: string): Promise<FileHandle> {
    const file = await this.locate(runId, path);
    // The run may still be at work and put a link, or a pipe that nobody writes to, in the file's place.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const handle = await open(file, flags);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw new Failure('no-such-artifact', `The artifact ${path} of run ${runId} is not a file any more.`);
  }
}

/** All plain files below a folder; what goes away meanwhile, or is not ours to read, is left out. */
async function* filesBelow(folder: string, prefix: string): AsyncGenerator<ArtifactFile> {
  const entries = await opendir(folder).catch(() => undefined);
  if (entries === undefined) return;
  for await (const entry of entries) {
    const path = prefix + entry.name;
    if (entry.isDirectory()) {
      yield* filesBelow(join(folder, entry.name), `${path}/`);
    } else if (entry.isFile()) {
      const stat = await lstat(join(folder, entry.name)).catch(() => undefined);
      if (stat?.isFile() === true) yield { path, bytes: stat.size, at: Math.round(stat.mtimeMs) };
    }
  }
}

/** False too where it is none, such as a link in its place, or cannot be read. */
function isEmpty(folder: string): boolean {
  try {
    if (!lstatSync(folder).isDirectory()) return false;
    const opened = opendirSync(folder);
    try {
      return opened.readSync() === null;
    } finally {
      opened.closeSync();
    }
  } catch {
    return false;
  }
}
