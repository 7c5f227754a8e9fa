import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Database } from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import type { JobDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import { JobQueue } from '../../../electron/scheduler/queue/job-queue.ts';
import type { NewRun } from '../../../electron/scheduler/queue/new-runs.ts';
import { EnvironmentStore } from '../../../electron/scheduler/store/environment-store.ts';
import { LastParamsStore } from '../../../electron/scheduler/store/last-params-store.ts';
import { openDatabase } from '../../../electron/scheduler/store/open-database.ts';
import { RunHistory } from '../../../electron/scheduler/store/run-history.ts';
import { RunStore } from '../../../electron/scheduler/store/run-store.ts';
import type { EndState } from '../../../electron/scheduler/store/run-store.ts';
import { ScheduleStore } from '../../../electron/scheduler/store/schedule-store.ts';
import { SkipStore } from '../../../electron/scheduler/store/skip-store.ts';
import { TaskRunStore } from '../../../electron/scheduler/store/task-run-store.ts';

/** The moment at which most tests begin. */
export const T0 = Date.parse('2026-03-01T08:00:00Z');

/** A folder of this test's own, removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'nightjar-test-'));
  onTestFinished(() => fs.rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A real database in a folder of this test's own, and all that works on it. */
export async function temporaryState(file?: string) {
  const name = file ?? path.join(await temporaryFolder(), 'nightjar.db');
  const db = openDatabase(name);
  onTestFinished(() => void db.close());
  return { file: name, ...stateOn(db) };
}

export function stateOn(db: Database) {
  return {
    db,
    queue: new JobQueue(db),
    runs: new RunStore(db),
    history: new RunHistory(db),
    skips: new SkipStore(db),
    tasks: new TaskRunStore(db),
    schedules: new ScheduleStore(db),
    environments: new EnvironmentStore(db),
    lastParams: new LastParamsStore(db),
  };
}

export type State = ReturnType<typeof stateOn>;

export function newRun(job: string, over: Partial<NewRun> = {}): NewRun {
  return {
    job,
    pipelineName: job,
    trigger: 'scheduled',
    dueAt: T0,
    queuedAt: T0,
    attempts: 1,
    params: {},
    concurrencyGroup: null,
    definition: { id: job } as JobDefinition,
    ...over,
  };
}

/** A run that was queued, claimed and ended; took `ms`. */
export function endedRun(state: State, job: string, end: EndState = 'succeeded', ms = 1_000, at = T0): number {
  const run = state.queue.enqueue(newRun(job, { queuedAt: at }));
  if (run === undefined) throw new Error('not queued');
  state.queue.claim(run.id, 'me', at);
  state.runs.finishRun({
    id: run.id,
    owner: 'me',
    state: end,
    reason: null,
    exitCode: end === 'succeeded' ? 0 : 1,
    at: at + ms,
  });
  return run.id;
}
