import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';

/**
 * Tells of changes in a set of folders, one watcher a folder.
 *
 * Not `fs.watch` with `recursive`: on Linux Node 24 sets one watcher a file, which for 10,000 files takes 580 ms at a stretch,
 * and is deaf to a file once it was saved by rename (both tried). What the operating system does not tell (network drives,
 * too many watchers) is found by the scan that backs this up.
 */
export class FolderWatchers {
  readonly #root: string;
  readonly #onChange: (path: string | null) => void;
  readonly #watched = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();
  #isComplete = true;

  /** `onChange` gets the path below `root` of what changed, with `/`; null where the system did not say. */
  constructor(root: string, onChange: (path: string | null) => void) {
    this.#root = root;
    this.#onChange = onChange;
  }

  /** False where the system refused a watcher since the last `retain`: then only scanning finds changes. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  identityOf(folder: string): string | null {
    return this.#watched.get(folder)?.identity ?? null;
  }

  /** Watches a folder (below the root, '' the root itself), anew where its identity is another: it was replaced then. */
  add(folder: string, identity: string): void {
    const known = this.#watched.get(folder);
    if (known?.identity === identity) return;
    known?.watcher.close();
    this.#watched.delete(folder);
    try {
      const watcher = watch(join(this.#root, folder), (_, name) => {
        if (name === null) this.#onChange(null);
        else this.#onChange(folder === '' ? name : `${folder}/${name}`);
      });
      // The folder went, or the system gave up on it.
      watcher.on('error', () => {
        watcher.close();
        if (this.#watched.get(folder)?.watcher === watcher) this.#watched.delete(folder);
        this.#onChange(null);
      });
      this.#watched.set(folder, { identity, watcher });
    } catch {
      // ENOSPC and EMFILE (the system has no more watchers), or the folder went since it was found.
    }
  }

  /** Watches none but these folders any more. */
  retain(folders: readonly string[]): void {
    const wanted = new Set(folders);
    for (const [folder, { watcher }] of this.#watched) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
    this.#isComplete = this.#watched.size === wanted.size;
  }

  close(): void {
    this.retain([]);
  }
}
