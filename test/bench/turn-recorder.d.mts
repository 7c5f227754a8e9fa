/** How long the event loop of a process had no turn, in milliseconds. */
export interface Turns {
  readonly longest: number;
  /** 99.9 % of the turns came after no more than this. */
  readonly most: number;
  /** The longest time of which the process itself was the cause: what it waited for a processor that others had is not in it. */
  readonly held: number;
}

export function recordTurns(): { read(): Turns; stop(): void };
