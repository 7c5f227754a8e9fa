import type { Database } from 'better-sqlite3';
import { CommitStore } from './commit-store.ts';
import { EnvironmentStore } from './environment-store.ts';
import { LastParamsStore } from './last-params-store.ts';
import { LastValidStore } from './last-valid-store.ts';
import { RemoteJobStore } from './remote-job-store.ts';
import { RunHistory } from './run-history.ts';
import { RunStore } from './run-store.ts';
import { ScheduleStore } from './schedule-store.ts';
import { SettingsStore } from './settings-store.ts';
import { SkipStore } from './skip-store.ts';
import { TaskRunStore } from './task-run-store.ts';

export type Stores = ReturnType<typeof openStores>;

/** Every kind of row that the scheduler keeps, over one connection; the queue's own are in queue/. */
export function openStores(db: Database, now: () => number) {
  return {
    runs: new RunStore(db),
    tasks: new TaskRunStore(db),
    remoteJobs: new RemoteJobStore(db),
    commits: new CommitStore(db),
    history: new RunHistory(db),
    schedules: new ScheduleStore(db),
    skips: new SkipStore(db),
    settings: new SettingsStore(db),
    lastValid: new LastValidStore(db, now),
    lastParams: new LastParamsStore(db),
    environments: new EnvironmentStore(db),
  };
}
