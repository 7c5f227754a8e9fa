import type { LogLine } from './log-slice.ts';

/** What only the writer of a log that is being written can tell. */
export interface LiveLog {
  /** Lines that have begun and not ended. */
  unfinished(): Omit<LogLine, 'number' | 'isContinued'>[];
  /** Tells the number of finished lines whenever there is more to see; returns how to stop. */
  onGrew(listener: (lines: number) => void): () => void;
}
