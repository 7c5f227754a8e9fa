import type { JobStorage, Storage } from '../../electron/api/api.ts';
import type { Handlers } from '../../electron/api/rpc.ts';
import { Failure } from '../../electron/scheduler/failure.ts';
import { NOW } from './fixture-jobs.ts';

const MB = 1_000_000;
const DAY = 24 * 60 * 60_000;
const KEEP = { runs: 100, days: 90, bytes: 500 * MB };

function job(id: string, over: Partial<JobStorage>): JobStorage {
  const sizes = { logBytes: 0, statsBytes: 0, artifactBytes: 0, worktreeBytes: 0, ...over };
  return {
    job: id,
    isGone: false,
    runs: 100,
    skips: 0,
    keptContainers: 0,
    keep: KEEP,
    ...sizes,
    bytes: sizes.logBytes + sizes.statsBytes + sizes.artifactBytes + sizes.worktreeBytes,
  };
}

/** A ledger that has been kept for a while: a few large jobs, a long tail of small ones, one whose file is gone. */
export function fixtureStorage(): Storage {
  const small = Array.from({ length: 14 }, (_, n) =>
    job(`checks/host-${n + 10}`, { logBytes: (14 - n) * 41_000, runs: 60 + n }),
  );
  return {
    jobs: [
      job('warehouse/dbt-nightly', { logBytes: 182 * MB, statsBytes: 3 * MB, artifactBytes: 296 * MB, skips: 4 }),
      job('backups/photos-to-nas', {
        logBytes: 88 * MB,
        statsBytes: MB,
        worktreeBytes: 61 * MB,
        runs: 41,
        keep: { runs: 50, days: 365, bytes: 2_000 * MB },
      }),
      job('ml/retrain-the-model-that-ranks-what-people-see-first-when-they-come-back-in-the-morning', {
        logBytes: 12 * MB,
        artifactBytes: 61 * MB,
        runs: 12,
        keptContainers: 2,
      }),
      job('old/import-from-the-shop', { logBytes: 9 * MB, isGone: true, runs: 88 }),
      ...small,
    ],
    databaseBytes: 38 * MB,
    repoBytes: 214 * MB,
    freed: {
      sinceAt: NOW - DAY,
      runs: 34,
      containers: 1,
      bytes: 1_204 * MB,
      logBytes: 310 * MB,
      statsBytes: 4 * MB,
      artifactBytes: 890 * MB,
    },
    disk: { freeBytes: 81_400 * MB, totalBytes: 494_000 * MB },
    refused: [],
  };
}

/** What a host does with its storage, on a ledger of the test's. */
export function storageHandlers(
  state: { storage: Storage },
  changed: () => void,
): Pick<Handlers, 'storage.list' | 'storage.cleanUp' | 'storage.removeHistory'> {
  return {
    'storage.list': () => state.storage,
    'storage.cleanUp': () => {
      changed();
      return { runs: 7, containers: 0, bytes: 91 * MB, logBytes: 90 * MB, statsBytes: MB, artifactBytes: 0 };
    },
    'storage.removeHistory': ({ job: id }) => {
      const gone = state.storage.jobs.find((candidate) => candidate.job === id);
      if (gone === undefined) throw new Failure('no-history', `No run of ${id} has ended; there is nothing to remove.`);
      state.storage = { ...state.storage, jobs: state.storage.jobs.filter((candidate) => candidate !== gone) };
      changed();
      const { runs, skips, bytes, logBytes, statsBytes, artifactBytes } = gone;
      return { runs: runs + skips, containers: gone.keptContainers, bytes, logBytes, statsBytes, artifactBytes };
    },
  };
}
