/**
 * The user asked for what cannot be. The message is one full sentence that says what, where and what to do; the code is stable,
 * crosses the wire and is what programs look at. A mistake in a job file is a Problem, the end of a task is an Outcome, and
 * everything else that is thrown is a bug.
 */
export class Failure extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'Failure';
    this.code = code;
  }
}

/** The text of whatever was thrown, for a sentence of ours to end with. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'Nightjar may not read it',
  EPERM: 'Nightjar may not read it',
  ELOOP: 'its links lead in a circle',
};

/** Why a file or folder could not be read, as the end of a sentence that has named it: without a full stop. */
export function whyUnreadable(thrown: unknown): string {
  return UNREADABLE[(thrown as NodeJS.ErrnoException).code ?? ''] ?? messageOf(thrown);
}
