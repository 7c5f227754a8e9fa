import type { LogLineView } from '../../electron/api/api.ts';
import { plainText } from './log-ansi.ts';
import { COPIED_LINES, logFile, readRange, timedLine } from './log-export.ts';
import type { ReadSlice } from './log-pages.ts';
import { isEmpty, ordered, selectedText, wordAt, type LogSelection, type Point } from './log-selection.ts';

/** A row of the viewer: a line, a line that has not ended yet (`number` null), or one that is still being read. */
export interface Row {
  readonly place: number;
  readonly line: (Omit<LogLineView, 'number' | 'isContinued'> & { number: number | null }) | null;
}

/** What marking needs to know of the log that is shown. */
interface Shown {
  /** Finished lines, and rows in all. */
  size(): { total: number; rows: number };
  row(place: number): Row;
  read(): ReadSlice;
}

/** What a reader takes out of a log: the marked part, all of it, or a file. */
export class LogMarks {
  selection: LogSelection | null = $state.raw(null);
  /** Lines saved so far, while a file is being made. */
  saved: number | null = $state(null);
  #saving: AbortController | null = null;
  readonly #shown: Shown;
  readonly #onMark: () => void;

  constructor(shown: Shown, onMark: () => void) {
    this.#shown = shown;
    this.#onMark = onMark;
  }

  /** `extend`: from where the mark began, as Shift does. */
  mark(point: Point, extend: boolean): void {
    this.selection = { anchor: (extend && this.selection?.anchor) || point, focus: point };
    if (!isEmpty(this.selection)) this.#onMark();
  }

  markWord(point: Point): void {
    const { from, to } = wordAt(plainText(this.#shown.row(point.row).line?.text ?? ''), point.column);
    this.mark({ row: point.row, column: from }, false);
    this.mark({ row: point.row, column: to }, true);
  }

  markLine({ row }: Point): void {
    this.mark({ row, column: 0 }, false);
    this.mark({ row, column: Infinity }, true);
  }

  markAll(): void {
    this.mark({ row: 0, column: 0 }, false);
    this.mark({ row: Math.max(0, this.#shown.size().rows - 1), column: Infinity }, true);
  }

  unmark(): void {
    this.selection = null;
  }

  /** The marked text, or all; `nameOf` a task's name where times are wanted. Undefined where it is more than a copy takes. */
  async copied(zone: string, nameOf: ((taskRunId: number) => string) | null): Promise<string | undefined> {
    const { total, rows } = this.#shown.size();
    const marked = this.selection !== null && !isEmpty(this.selection) ? this.selection : null;
    const [start, end] = marked === null ? [{ row: 0 }, { row: rows - 1 }] : ordered(marked);
    if (end.row - start.row >= COPIED_LINES) return undefined;
    const lines: Pick<LogLineView, 'at' | 'taskRunId' | 'text'>[] = [];
    await readRange(this.#shown.read(), start.row, Math.min(end.row + 1, total), (read) => void lines.push(...read));
    for (let row = Math.max(start.row, total); row <= end.row; row++) {
      const { line } = this.#shown.row(row);
      if (line !== null) lines.push(line);
    }
    if (nameOf !== null) return lines.map((line) => timedLine(line, nameOf(line.taskRunId), zone)).join('\n');
    const texts = lines.map((line) => plainText(line.text));
    return marked === null ? texts.join('\n') : selectedText(marked, texts);
  }

  /** The file of what is shown; undefined where it was stopped. Asked for while one is being made, it stops that one. */
  async file(): Promise<Blob | undefined> {
    if (this.#saving !== null) return void this.#saving.abort();
    this.#saving = new AbortController();
    const { signal } = this.#saving;
    try {
      const { total } = this.#shown.size();
      const file = await logFile(this.#shown.read(), total, (done) => (this.saved = done), signal);
      return signal.aborted ? undefined : file;
    } finally {
      this.#saving = null;
      this.saved = null;
    }
  }

  close(): void {
    this.#saving?.abort();
  }
}
