import type { LogStream } from '../../api/words.ts';

/**
 * What a log is made of. A run has one log; a line belongs to one attempt of one task and to one stream, or to Nightjar itself.
 */
export interface LogLine {
  /** Counted from 0 within the run's log, in the order of arrival. */
  readonly number: number;
  /** Host's wall clock when the line's end arrived, epoch milliseconds. */
  readonly at: number;
  /** `TaskExecution.taskRunId`; 0 for what concerns the run as a whole. */
  readonly taskRunId: number;
  readonly stream: LogStream;
  /** Without its line ending; masked; ANSI sequences and bare carriage returns as they came. */
  readonly text: string;
  /** The line went on for longer than 1 MiB and continues in the stream's next line. */
  readonly isContinued: boolean;
}

/**
 * A range of a run's log lines. `total` is the number of lines that the selection had when the slice was read; the numbers in
 * `lines` are those of the whole log, also where only some tasks or streams are selected.
 */
export interface LogSlice {
  readonly lines: readonly LogLine[];
  /** Place of the first line of `lines` within the selection. */
  readonly from: number;
  readonly total: number;
  /** Lines that have begun and not ended yet, one per task attempt and stream at most; unnumbered, only while live. */
  readonly unfinished: readonly Omit<LogLine, 'number' | 'isContinued'>[];
}

/** Which lines: those of these task attempts, on these streams; everything when left out. */
export interface LogSelection {
  readonly taskRunIds?: readonly number[];
  readonly streams?: readonly LogStream[];
}
