import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { afterEach } from 'vitest';
import type { RemoteBook } from '../../../electron/scheduler/executor/executor.ts';
import type { Failure } from '../../../electron/scheduler/failure.ts';
import type { JobDefinition, RetryDefinition } from '../../../electron/scheduler/job-file/definition.ts';
import type { RunContext } from '../../../electron/scheduler/run/run-context.ts';
import { Slots } from '../../../electron/scheduler/run/slots.ts';
import type { StopReason } from '../../../electron/scheduler/run/stop-reason.ts';
import { TaskGroup, type RunEnd } from '../../../electron/scheduler/run/task-group.ts';
import { openDatabase } from '../../../electron/scheduler/store/open-database.ts';
import { TaskRunStore } from '../../../electron/scheduler/store/task-run-store.ts';
import { job, task } from '../../support/definitions.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ScriptedExecutor, type Script } from '../../support/scripted-executor.ts';

export const retry = (limit: number, over: Partial<RetryDefinition> = {}): RetryDefinition => ({
  limit,
  intervalMs: 30_000,
  backoff: 1,
  maxIntervalMs: 600_000,
  exitCodes: [],
  ...over,
});
export const fails =
  (exitCode: number): Script =>
  () => ({ kind: 'exited', exitCode });

const noPipelines = {
  jobs: () => [],
  saveJobs: () => {},
  pieces: () => [],
  addPiece: () => {},
  dropPieces: () => {},
} satisfies RemoteBook;

const databases: Database[] = [];
afterEach(() => {
  for (const db of databases.splice(0)) {
    db.close();
    rmSync(dirname(db.name), { recursive: true });
  }
});

/** A database of its own with one run. */
function openRows(definition: JobDefinition): TaskRunStore {
  const db = openDatabase(join(mkdtempSync(join(tmpdir(), 'nightjar-')), 'n.db'));
  databases.push(db);
  db.exec(`INSERT INTO runs (job, number, pipeline_name, trigger, state, queued_at, started_at, owner)
    VALUES ('${definition.id}', 1, '${definition.id}', 'manual', 'running', 0, 0, 'test')`);
  return new TaskRunStore(db);
}

/** One attempt of a run of this definition on a database of its own; tasks follow their scripts. */
export function setUp(definition: JobDefinition, scripts: Record<string, Script> = {}, slots = 10) {
  const clock = new FakeClock('2026-03-01T08:00:00Z');
  const executor = new ScriptedExecutor(scripts);
  const rows = openRows(definition);
  /** `name state` of each attempt, in the order of their making. */
  const told = () => rows.taskRunsOf(1).map((row) => `${row.name} ${row.state}`);
  const [controller, leaving] = [new AbortController(), new AbortController()];
  const notes: string[] = [];
  let refusal: Failure | undefined;
  const refuseLog = (failure: Failure): void => void (refusal = failure);
  const context: RunContext = {
    run: { id: 1, job: definition.id, number: 1, attempt: 1, startedAt: clock.now() },
    leaving: leaving.signal,
    definition,
    clock,
    executors: { process: executor, docker: executor, gitlab: executor, github: executor },
    slots: new Slots(slots),
    rows,
    log: {
      taskLog: () => ({
        write: () => (refusal ? Promise.reject(refusal) : Promise.resolve()),
        note: () => {},
        consumed: () => 0,
      }),
      endAttempt: async () => {},
      note: (_id, text) => void notes.push(text),
    },
    remoteBook: () => noPipelines,
    environment: { layers: [], masked: [] },
    folders: {
      workspace: null,
      commit: null,
      prepare: async () => {},
      exchange: async () => ({ outputFile: '/outputs/1/output', artifacts: '/artifacts' }),
      outputsOf: async () => ({}),
    },
    jobFolder: '/jobs',
    stop: (reason) => controller.abort(reason),
    bug: (error) => void notes.push(`bug: ${String(error)}`),
    changed: () => {},
    onDisk: Promise.resolve(),
  };
  const run = (mayRetry = (_end: RunEnd) => false): Promise<RunEnd> =>
    new TaskGroup(context).run(controller.signal, mayRetry);
  const stop = (reason: StopReason): void => {
    controller.abort(reason);
    if (reason.kind === 'interrupted') leaving.abort(reason);
  };
  return { clock, executor, told, notes, run, stop, context, refuseLog };
}

/** Lets everything run that does not wait for the clock or a held task. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

export const twoGroups = (first = [task('a'), task('b')]): JobDefinition =>
  job('j', {
    steps: [
      { name: 'one', tasks: first },
      { name: 'two', tasks: [task('c')] },
    ],
  });
