import type { Run, Status } from '../api/api.ts';
import type { CloseMode, Scheduler } from '../scheduler/scheduler.ts';

/** What the tray shows, at one moment: all that its menu, its icon and its tooltip are made of. */
export interface TraySnapshot {
  readonly now: number;
  readonly timezone: string;
  /** The engine does not answer, and some job needs one. */
  readonly isEngineDown: boolean;
  readonly pause: Status['pause'];
  readonly dispatchStopped: string | null;
  readonly queued: number;
  readonly running: readonly RunningRun[];
  /** In the order of the sidebar: folder, then name. */
  readonly jobs: readonly TrayJob[];
  /** The last failures, newest first. */
  readonly failures: readonly Run[];
  /** Whether one of them ended since somebody last looked at the window. */
  readonly isFailureNew: boolean;
  /** How the application is ending; null: it is not. */
  readonly leaving: CloseMode | null;
  readonly startsAtLogin: boolean;
}

export interface RunningRun {
  readonly id: number;
  readonly name: string;
  readonly startedAt: number | null;
}

export interface TrayJob {
  readonly id: string;
  readonly name: string;
  readonly nextDueAt: number | null;
  /** It has a definition that can run. */
  readonly canRun: boolean;
}

const FAILURES_SHOWN = 5;

export interface TrayFacts {
  readonly lookedAt: number;
  readonly leaving: CloseMode | null;
  readonly startsAtLogin: boolean;
}

/** Reads the scheduler: a few rows by index, and the jobs that it holds in memory. */
export function takeSnapshot(scheduler: Scheduler, { lookedAt, leaving, startsAtLogin }: TrayFacts): TraySnapshot {
  const status = scheduler.status();
  const jobs = scheduler.jobs.brief();
  const names = new Map(jobs.map(({ id, pipelineName }) => [id, pipelineName]));
  const running = scheduler.runs.list({ states: ['running'], limit: 1_000 }).runs;
  const failures = scheduler.runs.list({ states: ['failed', 'timed-out'], limit: FAILURES_SHOWN }).runs;
  return {
    now: status.now,
    timezone: status.timezone,
    isEngineDown: status.engine.state === 'unavailable' && needsEngine(scheduler),
    pause: status.pause,
    dispatchStopped: status.dispatchStopped,
    queued: status.queued,
    running: running.reverse().map(({ id, job, startedAt }) => ({ id, startedAt, name: names.get(job) ?? job })),
    jobs: jobs.map(({ id, pipelineName, nextDueAt, canRun }) => ({ id, name: pipelineName, nextDueAt, canRun })),
    failures,
    isFailureNew: failures.some(({ endedAt }) => endedAt !== null && endedAt > lookedAt),
    leaving,
    startsAtLogin,
  };
}

/** Who only runs processes is not told of an engine that they do not have. */
function needsEngine(scheduler: Scheduler): boolean {
  return scheduler.jobs
    .entries()
    .some(({ definition }) =>
      definition?.steps.some(({ tasks }) => tasks.some(({ executor }) => executor === 'docker')),
    );
}
