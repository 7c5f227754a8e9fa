import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { indexPath, RECORD_BYTES, textPath } from './log-index.ts';
import { LogReader } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';

/** Folders in one folder; a million runs are a thousand folders of a thousand. */
const RUNS_A_FOLDER = 1_000;

/** Where a run's log is, and what was measured of its tasks; no run needs to have one. */
export function logFolderOf(dataFolder: string, runId: number): string {
  return join(dataFolder, 'logs', String(Math.floor(runId / RUNS_A_FOLDER)), String(runId));
}

/** The logs of all runs of a data folder: where they are, and which are being written here right now. */
export class LogBook {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #grew: (runId: number, lines: number) => void;
  readonly #open = new Map<number, LogWriter>();

  constructor(dataFolder: string, clock: Clock, grew: (runId: number, lines: number) => void) {
    this.#folder = dataFolder;
    this.#clock = clock;
    this.#grew = grew;
  }

  folderOf(runId: number): string {
    return logFolderOf(this.#folder, runId);
  }

  /** Begins a run's log or goes on with it; `masked` are the values that it must not show. Close what is returned. */
  async write(runId: number, masked: readonly string[]) {
    const writer = await LogWriter.open(this.folderOf(runId), { clock: this.#clock, secrets: masked });
    writer.onGrew((lines) => this.#grew(runId, lines));
    this.#open.set(runId, writer);
    return {
      taskLog: (taskRunId: number) => writer.taskLog(taskRunId),
      endAttempt: (taskRunId: number) => writer.endAttempt(taskRunId),
      note: (taskRunId: number, text: string) => writer.note(taskRunId, text),
      close: async () => {
        try {
          await writer.close();
        } finally {
          this.#open.delete(runId);
          this.#grew(runId, writer.lines);
        }
      },
    };
  }

  reader(runId: number): LogReader {
    return new LogReader(this.folderOf(runId), this.#open.get(runId));
  }

  /** Finished lines and bytes of text; none for a run without a log. */
  sizeOf(runId: number): { lines: number; bytes: number } {
    const writer = this.#open.get(runId);
    if (writer !== undefined) return { lines: writer.lines, bytes: writer.bytes };
    const folder = this.folderOf(runId);
    const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return { lines: Math.floor(sizeOf(indexPath(folder)) / RECORD_BYTES), bytes: sizeOf(textPath(folder)) };
  }
}
