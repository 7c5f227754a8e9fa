import { failureLine, failureText } from '../log/failure-text.ts';
import type { LogBook } from '../log/log-book.ts';
import type { LogReader } from '../log/log-reader.ts';
import { LogSearch, type TextQuery } from '../log/log-search.ts';
import type { LogSelection, LogSlice } from '../log/log-slice.ts';
import type { TaskRunStore } from '../store/task-run-store.ts';
import type { RunView } from './run-view.ts';

type Ref = number | string;
interface Place {
  place: number;
  total: number;
}

/** Logs by run, as the contract asks for them. */
export class LogView {
  readonly #book: LogBook;
  readonly #runs: RunView;
  readonly #search = new LogSearch();

  constructor(book: LogBook, runs: RunView) {
    this.#book = book;
    this.#runs = runs;
  }

  /** To read a run's log with, also while it grows. */
  reader(ref: Ref): LogReader {
    return this.#book.reader(this.#runs.find(ref).id);
  }

  slice(ref: Ref, selection: LogSelection, from: number, count: number): Promise<LogSlice> {
    return this.reader(ref).slice(selection, from, count);
  }

  placeAt(ref: Ref, selection: LogSelection, moment: number): Promise<Place> {
    return this.reader(ref).placeAt(selection, moment);
  }

  placeOf(ref: Ref, selection: LogSelection, number: number): Promise<Place> {
    return this.reader(ref).placeOf(selection, number);
  }

  search(ref: Ref, query: LogSelection & Omit<TextQuery, 'selection'>) {
    const { taskRunIds, streams, ...text } = query;
    return this.#search.search(this.#folder(ref), { ...text, selection: { taskRunIds, streams } });
  }

  /** The line at which to open a log: of what failed, where something of the selection did, else the first that looks like an error. */
  firstError(ref: Ref, selection: LogSelection): Promise<number | null> {
    const run = this.#runs.find(ref);
    const folder = this.#book.folderOf(run.id);
    const failed = this.#runs
      .failedTasks(run)
      .filter((id) => selection.taskRunIds === undefined || selection.taskRunIds.includes(id));
    if (failed.length === 0) return this.#search.firstError(folder, selection);
    const log = { reader: this.#book.reader(run.id), search: this.#search, folder };
    return failureLine(log, { ...selection, taskRunIds: failed });
  }

  /** What the failed tasks of a run said, in one line. */
  failureText(runId: number, taskRunIds: readonly number[]): Promise<string | null> {
    const folder = this.#book.folderOf(runId);
    return failureText({ reader: this.#book.reader(runId), search: this.#search, folder }, taskRunIds);
  }

  close(): Promise<void> {
    return this.#search.close();
  }

  #folder(ref: Ref): string {
    return this.#book.folderOf(this.#runs.find(ref).id);
  }
}

/** What the tasks that failed in the run's current attempt said, in one line; null where nobody knows. */
export async function errorOf(
  run: { readonly id: number; readonly attempt: number },
  tasks: Pick<TaskRunStore, 'taskRunsOf'>,
  logs: Pick<LogView, 'failureText'>,
): Promise<string | null> {
  const failed = tasks
    .taskRunsOf(run.id)
    .filter(({ state, runAttempt }) => runAttempt === run.attempt && (state === 'failed' || state === 'timed-out'));
  return failed.length === 0
    ? null
    : logs.failureText(
        run.id,
        failed.map(({ id }) => id),
      );
}
