import { lstat, type Dirent, type Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { promisify } from 'node:util';

/** A job file, or a link, as it was found; nothing of it has been read. */
export interface FoundFile {
  /** Below the jobs home, with `/`. */
  readonly path: string;
  /** Changes whenever the file may have changed. */
  readonly signature: string;
  readonly bytes: number;
  readonly modifiedAt: number;
  /** Why it is not read, as the end of a sentence; null where it may be. */
  readonly refusal: string | null;
}

export interface FoundHome {
  readonly files: readonly FoundFile[];
  /** Folders below the home, with `/`; the home itself is ''. Empty where the home does not exist. */
  readonly folders: readonly string[];
  /** Links to folders outside, and folders that cannot be read, with the reason. */
  readonly refused: readonly { readonly path: string; readonly reason: string }[];
}

// Libuv has four threads, and nobody is to wait for long before they get one of them. Where the disk is quick, many at once: each time that
// this waits, the main thread sleeps and wakes.
const FOLDERS_AT_ONCE = 16;
const FEW_FILES_AT_ONCE = 64;
const FILES_AT_ONCE = 512;
const QUICK_MS = 20;

// Half the processor's time of `node:fs/promises`, which matters with ten thousand files.
const look = promisify(lstat);

/** More is no job file, and would hold up everybody else while it is read. */
export const MAX_FILE_BYTES = 1_048_576;

export function isJobFileName(name: string): boolean {
  return /\.ya?ml$/i.test(name) && !name.startsWith('.');
}

/** Dot folders belong to tools (.git, .trash), node_modules to npm. */
export function isSkippedFolder(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

/**
 * Finds all job files of a jobs home. A link to a folder inside the home is not followed (its jobs are listed where they are),
 * and one to the outside is refused, so that circles cannot happen. A home that does not exist has no files. `beforeReading` is told of each folder before it is
 * listed, so that who watches it from then on misses nothing.
 */
export async function scanHome(
  folder: string,
  beforeReading: (path: string, identity: string) => void = () => {},
): Promise<FoundHome> {
  const files: FoundFile[] = [];
  const folders: string[] = [];
  const refused: { path: string; reason: string }[] = [];
  let filesAtOnce = FILES_AT_ONCE;
  for (let level = ['']; level.length > 0;) {
    const below: string[] = [];
    const candidates: string[] = [];
    for (let from = 0; from < level.length; from += FOLDERS_AT_ONCE) {
      const some = level.slice(from, from + FOLDERS_AT_ONCE);
      for (const found of await Promise.all(some.map((path) => scanFolder(folder, path, beforeReading)))) {
        refused.push(...found.refused);
        if (!found.isRead) continue;
        folders.push(found.path);
        below.push(...found.folders);
        candidates.push(...found.candidates);
      }
    }
    for (let from = 0; from < candidates.length;) {
      const startedAt = performance.now();
      const some = candidates.slice(from, from + filesAtOnce);
      for (const file of await Promise.all(some.map((path) => findFile(folder, path)))) {
        if (file !== undefined) files.push(file);
      }
      from += some.length;
      const isQuick = performance.now() - startedAt < QUICK_MS;
      filesAtOnce = isQuick ? FILES_AT_ONCE : FEW_FILES_AT_ONCE;
    }
    level = below;
  }
  return { files, folders, refused };
}

interface FoundFolder {
  readonly path: string;
  /** False where it is gone, or may not be read. */
  readonly isRead: boolean;
  readonly folders: string[];
  readonly candidates: string[];
  readonly refused: { path: string; reason: string }[];
}

async function scanFolder(
  home: string,
  path: string,
  beforeReading: (path: string, identity: string) => void,
): Promise<FoundFolder> {
  const found = { path, folders: [] as string[], candidates: [] as string[], refused: [] as FoundFolder['refused'] };
  const identity = await folderIdentity(join(home, path));
  if (identity === null) return { ...found, isRead: false };
  beforeReading(path, identity);
  let entries: Dirent[];
  try {
    entries = await readdir(join(home, path), { withFileTypes: true });
  } catch (thrown) {
    const code = codeOf(thrown);
    // Gone since its parent was read, or not there yet.
    if (code !== 'ENOENT' && code !== 'ENOTDIR') found.refused.push({ path, reason: `it cannot be read (${code})` });
    return { ...found, isRead: false };
  }
  for (const entry of entries) {
    // Joined, not concatenated: V8 would keep the pieces too.
    const below = path === '' ? entry.name : [path, entry.name].join('/');
    if (entry.isDirectory()) {
      if (!isSkippedFolder(entry.name)) found.folders.push(below);
    } else if (isJobFileName(entry.name) && (entry.isFile() || entry.isSymbolicLink())) found.candidates.push(below);
    else if (entry.isSymbolicLink() && !isSkippedFolder(entry.name)) {
      const outside = await outsideTarget(home, below);
      const target = outside === null ? undefined : await statOrUndefined(outside);
      if (target?.isDirectory())
        found.refused.push({ path: below, reason: `it is a link that leaves the jobs home, to ${outside}` });
    }
  }
  return { ...found, isRead: true };
}

/** What tells a folder from another that takes its name; null where there is no folder. */
export async function folderIdentity(full: string): Promise<string | null> {
  const found = await statOrUndefined(full);
  return found?.isDirectory() ? `${found.dev} ${found.ino}` : null;
}

/** One file as `scanHome` would find it; undefined where there is none. */
export async function findFile(folder: string, path: string): Promise<FoundFile | undefined> {
  try {
    const full = `${folder}/${path}`;
    const own = await look(full);
    const file = own.isSymbolicLink() ? await stat(full) : own;
    if (!file.isFile()) return undefined;
    const outside = own.isSymbolicLink() ? await outsideTarget(folder, path) : null;
    return {
      path,
      signature: signatureOf(file, outside),
      bytes: file.size,
      modifiedAt: file.mtimeMs,
      refusal:
        outside === null
          ? null
          : `the file is a link that leaves the jobs home, to ${outside}; put a copy here instead`,
    };
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    return { path, signature: code, bytes: 0, modifiedAt: 0, refusal: `the file cannot be read (${code})` };
  }
}

/** Ten thousand of these are kept, and nearly every file was changed when its content was. */
function signatureOf({ ino, size, mtimeMs, ctimeMs }: Stats, outside: string | null): string {
  const said = [ino, size, mtimeMs, ctimeMs === mtimeMs ? '' : ctimeMs];
  return (outside === null ? said : [...said, outside]).join(' ');
}

/** Where a link leads, if it leads out of the home; null where it stays inside or leads nowhere. */
async function outsideTarget(folder: string, path: string): Promise<string | null> {
  try {
    const [home, target] = await Promise.all([realpath(folder), realpath(join(folder, path))]);
    return target === home || target.startsWith(home + sep) ? null : target;
  } catch {
    // A broken link or a circle: there is nothing to read behind it.
    return null;
  }
}

async function statOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch {
    // Whatever the reason, there is nothing to look at.
    return undefined;
  }
}

/** The system's code of what a file operation threw: `ENOENT`. */
export function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : String(thrown);
}
