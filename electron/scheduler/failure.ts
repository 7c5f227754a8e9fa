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
