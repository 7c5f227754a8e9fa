import { messageOf } from './failure.ts';

const KNOWN: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'Nightjar may not read it',
  EPERM: 'Nightjar may not read it',
  ELOOP: 'its links lead in a circle',
};

/** Why a file or folder could not be read, as the end of a sentence that has named it: without a full stop. */
export function whyUnreadable(thrown: unknown): string {
  return KNOWN[(thrown as NodeJS.ErrnoException).code ?? ''] ?? messageOf(thrown);
}
