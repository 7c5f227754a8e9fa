import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_KEEP } from '../../../electron/scheduler/job-file/definition.ts';
import { logFolderOf } from '../../../electron/scheduler/log/log-book.ts';
import type { Keep } from '../../../electron/scheduler/retention/retain-job.ts';
import { createStoreWork, type RetainInput } from '../../../electron/scheduler/retention/store-work.ts';
import { RetentionStore } from '../../../electron/scheduler/store/retention-store.ts';
import { endedRun, T0, temporaryFolder, temporaryState } from '../store/temporary-state.ts';
import type { EndState } from '../../../electron/scheduler/store/run-store.ts';

export const DAY = 24 * 60 * 60_000;

/** A data folder with a history in it, and retention's work on it. */
export async function aHistory() {
  const folder = await temporaryFolder();
  const state = await temporaryState(join(folder, 'nightjar.db'));
  const store = new RetentionStore(state.db);
  const work = createStoreWork(state.db, folder, { isStopping: () => false, isApart: false });
  return {
    ...state,
    folder,
    store,
    work,
    /** An ended run with a log of so many bytes, which takes no room on the disk. */
    run(job: string, end: EndState = 'succeeded', { bytes = 0, at = T0 } = {}): number {
      const id = endedRun(state, job, end, 1_000, at);
      mkdirSync(logFolderOf(folder, id), { recursive: true });
      const log = join(logFolderOf(folder, id), 'run.log');
      writeFileSync(log, '');
      truncateSync(log, bytes);
      return id;
    },
    /** Looks at all jobs with this `keep`, ages too; returns the numbers of the runs that are left of a job. */
    async left(job: string, keep: Partial<Keep>, over: Partial<RetainInput> = {}): Promise<number[]> {
      await work.measure();
      const keeps = [[job, { ...DEFAULT_KEEP, ...keep }]] as const;
      const answer = await work.retain({ now: T0, jobs: null, keeps, isAgeDue: true, ...over });
      if (answer.nextJob !== null) throw new Error('It took longer than one call.');
      return state.history
        .listRuns({ job }, { limit: 1_000 })
        .map(({ number }) => number)
        .reverse();
    },
  };
}
