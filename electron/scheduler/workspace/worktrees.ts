import { existsSync, renameSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunCommit } from '../store/commit-store.ts';
import { readSubject, wordsOf } from './commit.ts';
import { gitFailure } from './git-failure.ts';
import { Mirror, type MirrorPorts, type Wanted } from './mirror.ts';

/**
 * The files of runs whose `repo` is a git URL: one folder a run, made when it starts and removed when it ends. A folder that has
 * its plain name is complete; what is being made or removed has another one, so that a crash leaves nothing half to be used.
 */
export class Worktrees {
  readonly #data: string;
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.#data = dataFolder;
    this.#folder = join(dataFolder, 'worktrees');
  }

  folderOf(runId: number): string {
    return join(this.#folder, String(runId));
  }

  /** The run's folder, as a crash left it, where its containers may still be at work; else a new one at the wanted commit. */
  async make(runId: number, wanted: Wanted, ports: MirrorPorts): Promise<RunCommit & { folder: string }> {
    const { git, signal, note } = ports;
    const folder = this.folderOf(runId);
    try {
      if (existsSync(folder) && wanted.sha !== null) {
        return { folder, sha: wanted.sha, subject: await readSubject(git, folder, wanted.sha), isDirty: false };
      }
      const begun = `${folder}.new`;
      for (const old of [begun, folder]) await rm(old, { recursive: true, force: true, maxRetries: 3 });
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const sha = await new Mirror(this.#data, wanted, ports).copyTo(begun);
      await git(begun, ['remote', 'set-url', 'origin', wanted.url]);
      await git(begun, ['checkout', '--quiet', '--force', '--detach', sha], wanted.protocols);
      const commit = { sha, subject: await readSubject(git, begun, sha), isDirty: false };
      note(wordsOf(commit));
      if (existsSync(join(begun, '.gitmodules'))) {
        note('fetching its submodules');
        await git(begun, ['submodule', 'update', '--init', '--recursive', '--quiet'], wanted.protocols);
      }
      await noteMissingLfs(ports, begun);
      signal.throwIfAborted();
      await rename(begun, folder);
      return { ...commit, folder };
    } catch (error) {
      signal.throwIfAborted();
      throw gitFailure(error, wanted);
    }
  }

  /** Removes the run's folder, and what was begun of it. Rejects where somebody else's files are in it that nobody gives back. */
  async remove(runId: number, giveBack: GiveBack): Promise<void> {
    const folder = this.folderOf(runId);
    const gone = `${folder}.gone`;
    const remove = (path: string): Promise<void> => removeGivenBack(path, (left) => giveBack(runId, left));
    if (existsSync(folder)) {
      await remove(gone);
      await rename(folder, gone);
    }
    for (const left of [gone, `${folder}.new`]) if (existsSync(left)) await remove(left);
  }

  /**
   * Removes what runs left that a crash or the machine's shutdown ended. What a container's root left is another's to remove, and is
   * given back before; what cannot be is looked at again the next time.
   */
  async sweep(isRunning: (runId: number) => boolean, giveBack: GiveBack): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const runId = Number(/^(\d+)(?:\.(?:new|gone))?$/.exec(name)?.[1] ?? Number.NaN);
      // Looked at one by one: a run may begin meanwhile.
      if (Number.isNaN(runId) || isRunning(runId)) continue;
      try {
        let left = join(this.#folder, name);
        // In the same turn: a retry that begins while it is removed must not take it for its own, which is whole.
        if (left === this.folderOf(runId)) renameSync(left, (left += '.gone'));
        await removeGivenBack(left, (folder) => giveBack(runId, folder));
      } catch {
        // The next sweep finds it.
      }
    }
  }
}

/** Makes ours again what a run's containers wrote into a folder; false where nobody can. */
export type GiveBack = (runId: number, folder: string) => Promise<boolean>;

async function removeGivenBack(folder: string, giveBack: (folder: string) => Promise<boolean>): Promise<void> {
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((code !== 'EACCES' && code !== 'EPERM') || !(await giveBack(folder))) throw error;
    await remove();
  }
}

/** Without git-lfs a checkout succeeds and has pointers for files, which is found out late and far from here. */
async function noteMissingLfs({ git, note }: MirrorPorts, folder: string): Promise<void> {
  const attributes = await readFile(join(folder, '.gitattributes'), 'utf8').catch(() => '');
  if (!/\bfilter=lfs\b/.test(attributes)) return;
  const isThere = await git(folder, ['lfs', 'version']).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    note(
      'This repository keeps files with Git LFS, and git-lfs is not installed here: in their places are pointers of a few lines.',
    );
  }
}
