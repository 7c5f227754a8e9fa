import type { RunCommit } from '../store/commit-store.ts';
import type { Git } from './git.ts';

/** A subject is one line, and some are no subjects at all. */
const SUBJECT_LENGTH = 200;

export async function readSubject(git: Git, folder: string, sha: string): Promise<string> {
  return (await git(folder, ['log', '-1', '--format=%s', sha])).trim().slice(0, SUBJECT_LENGTH);
}

/** A commit as a log names it. */
export function wordsOf({ sha, subject, isDirty }: RunCommit): string {
  return `commit ${sha.slice(0, 10)} ${subject}${isDirty === true ? ' (with uncommitted changes)' : ''}`;
}

/**
 * What a folder has checked out; null where it is no git repository, has no commit, or git would not say. It is a help and no more:
 * nothing that goes wrong here keeps a run from starting. `giveUp` ends the look at changed files, which a large repository makes long.
 */
export async function commitOfFolder(git: Git, folder: string): Promise<RunCommit | null> {
  let sha: string;
  let subject: string;
  try {
    sha = (await git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD'])).trim();
    if (sha === '') return null;
    subject = await readSubject(git, folder, sha);
  } catch {
    return null;
  }
  const isDirty = await git(folder, ['status', '--porcelain', '--ignore-submodules=none']).then(
    (changes) => changes.trim() !== '',
    () => null,
  );
  return { sha, subject, isDirty };
}
