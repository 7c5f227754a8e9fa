import type { Database } from 'better-sqlite3';
import type { Clock } from '../clock.ts';
import type { JobsHome } from '../job-file/jobs-home.ts';
import type { Lease } from '../lease.ts';
import type { RunStore } from '../store/run-store.ts';
import type { JobView } from '../view/job-view.ts';
import type { KeptBook } from '../kept/kept-book.ts';
import { Retention, type RetentionPorts } from './retention.ts';
import { StorageView } from './storage-view.ts';

export interface RetentionPlaces {
  readonly kept: KeptBook;
  readonly db: Database;
  readonly database: string;
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly lease: Lease;
  readonly home: JobsHome;
  readonly runs: RunStore;
  readonly jobView: JobView;
  readonly startedAt: number;
}

export interface RetentionEvents extends Pick<RetentionPorts, 'storageChanged' | 'bug'> {
  queueChanged(): void;
}

/** Retention by the `keep` of the jobs in the home, for the instance that holds the lease, and its ledger. */
export function openRetention(
  { db, database, dataFolder, clock, lease, home, runs, jobView, kept, startedAt }: RetentionPlaces,
  events: RetentionEvents,
): { retention: Retention; storageView: StorageView } {
  const retention = new Retention({
    clock,
    db,
    dataFolder,
    startedAt,
    isLeading: () => lease.isHeld,
    keeps: () =>
      home.jobs().flatMap(({ id, definition }) => (definition === null ? [] : [[id, definition.keep] as const])),
    keepOf: (job) => home.find(job)?.definition?.keep,
    removed: (jobs) => {
      for (const job of jobs) jobView.forget(job);
      events.queueChanged();
    },
    storageChanged: () => events.storageChanged(),
    bug: (error) => events.bug(error),
  });
  const storageView = new StorageView({
    clock,
    retention,
    dataFolder,
    database,
    isKnown: (job) => home.find(job) !== undefined,
    jobOf: (runId) => runs.getRun(runId)?.job,
    keptContainers: () => kept.countByJob(),
  });
  return { retention, storageView };
}
