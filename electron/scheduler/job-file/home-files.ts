import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { Failure, messageOf } from '../failure.ts';
import { syncFolder } from '../sync-folder.ts';
import { codeOf, isJobFileName, isSkippedFolder, MAX_FILE_BYTES } from './scan-home.ts';

export interface FileText {
  readonly text: string;
  /** Changes with every content. */
  readonly version: string;
}

/** Reads and saves the files of a jobs home, and nothing outside it. Paths are below the home, with `/`. */
export class HomeFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Fails with `not-in-home`, `not-found` or `not-readable`. */
  async read(path: string): Promise<FileText> {
    const full = await this.resolve(path);
    try {
      if ((await stat(full)).size > MAX_FILE_BYTES) {
        throw new Failure('not-readable', `${path} is larger than 1 MiB, which no job file may be.`);
      }
      const bytes = await readFile(full);
      return { text: bytes.toString('utf8'), version: versionOf(bytes) };
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      if (codeOf(thrown) === 'ENOENT') {
        throw new Failure('not-found', `There is no file ${path} in the jobs home ${this.#folder}.`, { cause: thrown });
      }
      throw new Failure('not-readable', `${path} cannot be read: ${messageOf(thrown)}.`, { cause: thrown });
    }
  }

  /**
   * Puts `text` in the place of the file in one step: whoever reads at the same moment gets the old or the new text. `basedOn`
   * is the version that was edited, null for a file that must be new. Fails with `not-in-home`, `exists`, `changed-on-disk` or
   * `not-saved`; the file is as it was then.
   */
  async save(path: string, text: string, basedOn: string | null): Promise<FileText> {
    const full = await this.resolve(path);
    const bytes = Buffer.from(text, 'utf8');
    if (bytes.length > MAX_FILE_BYTES) {
      throw new Failure('not-saved', `${path} would be larger than 1 MiB, which no job file may be.`);
    }
    if (basedOn !== null) await this.#expectVersion(path, full, basedOn);
    // A link inside the home stays one: what it leads to is replaced.
    const target = basedOn === null ? full : await realpath(full);
    const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      const mode = basedOn === null ? 0o666 : (await stat(target)).mode & 0o7777;
      await mkdir(dirname(target), { recursive: true });
      const file = await open(temporary, 'wx', mode);
      try {
        await file.writeFile(bytes);
        // The umask has cut the mode of a new file; one that is replaced keeps its own.
        if (basedOn !== null) await file.chmod(mode);
        await file.sync();
      } finally {
        await file.close();
      }
      if (basedOn === null) {
        // Unlike rename, link refuses a name that is taken, also by somebody who came between.
        await linkOrCopy(temporary, target);
        await rm(temporary);
      } else await rename(temporary, target);
      await syncFolder(dirname(target));
    } catch (thrown) {
      await rm(temporary, { force: true });
      if (codeOf(thrown) === 'EEXIST') {
        throw new Failure('exists', `${path} exists already; choose another name, or open it and edit it.`, {
          cause: thrown,
        });
      }
      throw new Failure('not-saved', `${path} was not saved: ${messageOf(thrown)}.`, { cause: thrown });
    }
    return { text, version: versionOf(bytes) };
  }

  /**
   * Moves a file into a folder, which is made where it does not exist, under a name that is free there. Resolves with the
   * absolute path that it has now.
   */
  async moveToFolder(path: string, folder: string): Promise<string> {
    const full = await this.resolve(path);
    try {
      await lstat(full);
    } catch (thrown) {
      throw new Failure('not-found', `There is no file ${path} in the jobs home ${this.#folder}.`, { cause: thrown });
    }
    await mkdir(folder, { recursive: true });
    const extension = extname(full);
    const name = basename(full, extension);
    for (let count = 1; ; count += 1) {
      const target = join(folder, count === 1 ? name + extension : `${name} ${count}${extension}`);
      try {
        // Nothing in the folder is ever overwritten; a copy also crosses file systems.
        await copyFile(full, target, constants.COPYFILE_EXCL);
        await rm(full);
        return target;
      } catch (thrown) {
        if (codeOf(thrown) !== 'EEXIST') {
          throw new Failure('not-moved', `${path} was not moved to ${folder}: ${messageOf(thrown)}.`, {
            cause: thrown,
          });
        }
      }
    }
  }

  /** The absolute path of a file of the home, which need not exist. Fails with `not-in-home`. */
  async resolve(path: string): Promise<string> {
    const refuse = (why: string) =>
      new Failure('not-in-home', `${path} ${why}, so it cannot be a job file of this home.`);
    const parts = path.split('/');
    if (path === '' || /[\\\0]/.test(path) || parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw refuse('is not a plain path below the jobs home');
    }
    if (!isJobFileName(parts.at(-1) ?? '')) throw refuse('does not end in .yml or .yaml');
    if (parts.slice(0, -1).some(isSkippedFolder)) throw refuse('is in a folder that is not read');
    const full = resolve(this.#folder, path);
    const home = await realpathOfExisting(this.#folder);
    const actual = await realpathOfExisting(full);
    if (!actual.startsWith(home + sep)) throw refuse('is behind a link that leaves the jobs home');
    return full;
  }

  async #expectVersion(path: string, full: string, basedOn: string): Promise<void> {
    let bytes: Buffer;
    try {
      bytes = await readFile(full);
    } catch (thrown) {
      const message = `${path} is gone or cannot be read any more; save it under a new name to keep your text.`;
      throw new Failure('changed-on-disk', message, { cause: thrown });
    }
    if (versionOf(bytes) === basedOn) return;
    const message = `${path} was changed by somebody else since it was opened; compare, then keep yours or take theirs.`;
    throw new Failure('changed-on-disk', message);
  }
}

function versionOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

// Of a path that need not exist: the real path of what exists of it, and the rest as it is.
async function realpathOfExisting(path: string): Promise<string> {
  for (let existing = path; ; existing = dirname(existing)) {
    try {
      return resolve(await realpath(existing), relative(existing, path));
    } catch (thrown) {
      // A link that leads nowhere yet would be followed by the save.
      const isLink = await lstat(existing).then(
        (found) => found.isSymbolicLink(),
        () => false,
      );
      if (isLink || existing === dirname(existing))
        throw new Failure('not-in-home', `${path} leads nowhere: ${messageOf(thrown)}.`);
    }
  }
}

// Some file systems (FAT, many network drives) know no hard links.
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') throw thrown;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}
