import type {
  Check,
  Engine,
  Environment,
  EventData,
  EventName,
  Job,
  Upcoming,
  Run,
  RunDetail,
  RunFilter,
  Secrets,
  Status,
  TaskStats,
} from '../api/api.ts';
import { createCommands } from './commands.ts';
import { Core } from './core.ts';
import type { CoreOptions } from './core-options.ts';
import type { KeptBook } from './kept/kept-book.ts';
import type { Shells } from './kept/shells.ts';
import type { JobDefinition } from './job-file/definition.ts';
import type { HomeView } from './job-file/jobs-home.ts';
import type { JobEntry } from './job-file/job-table.ts';
import type { StorageView } from './retention/storage-view.ts';
import type { ArtifactsView } from './view/artifacts-view.ts';
import type { FileView } from './view/file-view.ts';
import type { BriefJob } from './view/job-view.ts';
import type { LogView } from './view/log-view.ts';
import type { QueueView } from './view/run-view.ts';
import { allMissingEnvironment, examineAll, lookAgain, statusOf } from './view/status-view.ts';

export type SchedulerOptions = CoreOptions;

export type RunRef = number | string;

/** Called with every hint of the contract: event, key where it is about one run, and data. */
export type SchedulerListener = <E extends EventName>(event: E, key: number | undefined, data: EventData<E>) => void;

/**
 * How it ends. `drain`: starts nothing more, lets the runs finish. `stop`: stops the runs, which are interrupted. `shutdown`: the
 * same within 3 seconds, because the machine goes down.
 */
export type CloseMode = 'drain' | 'stop' | 'shutdown';

/**
 * The Scheduler: finds jobs, fills its queue and executes what is waiting, from `start` to `close`. The only door for hosts; what
 * it gives out is what the contract (api.ts) shows. Methods that take what a user named throw a Failure where that cannot be.
 */
export interface Scheduler {
  /** Resolves when it schedules: jobs read, lease taken (a running older instance drains), what a crash left taken up. */
  start(): Promise<void>;
  /** Resolves when nothing of it is left: runs ended or stopped, database closed. A second call may be more urgent than the first. */
  close(mode: CloseMode): Promise<void>;
  /** Looks at the wall clock and dispatches as soon as possible: the machine woke up. */
  wake(): void;
  /**
   * Inserts a run of the job (id, or unique `pipeline_name`) at the top of the queue, so that it is executed next. Failure
   * `bad-params` where its params are not what the job asks for.
   */
  addJob(job: string, params?: Readonly<Record<string, string>>): Run;
  /** Executes a run of this job right now, whatever waits, and resolves with it when it has begun: the command line's `run`. */
  runNow(definition: JobDefinition, params?: Readonly<Record<string, string>>): Run;
  /** Resolves with the run when it has ended for good, or has been handed back to the queue for a retry. */
  ended(run: RunRef): Promise<Run>;
  /** Returns how to stop listening. */
  on(listener: SchedulerListener): () => void;
  /** Resolves when a newer instance has asked to schedule in this one's place; who hosts it then closes it with `drain`. */
  readonly superseded: Promise<void>;

  status(): Omit<Status, 'host' | 'engineStarter'>;
  doctor(): Promise<Check[]>;
  /** What jobs require of this machine's environment and is not set, sorted. */
  missingEnvironment(): string[];
  /** Asks the user's login shell again, after a profile was changed; resolves with what jobs require and is still not set. */
  lookAgain(): Promise<string[]>;
  readonly jobs: {
    list(): Job[];
    /** Of each what a menu shows. */
    brief(): BriefJob[];
    /** As `list`, for who can wait: thousands of jobs hold up nobody. */
    listInTurns(): Promise<Job[]>;
    upcoming(hours: number, limit: number): Promise<Upcoming>;
    skip(job: string, dueAt: number): void;
    /** As they are in the home, valid or not. */
    entries(): readonly JobEntry[];
    get(idOrName: string): JobEntry;
    home(): HomeView;
  };
  readonly queue: {
    /** What runs, how many wait, and the first of those, or of those behind the page whose `next` is given: `limit`, or a thousand. */
    get(limit?: number, after?: number): QueueView;
    moveFirst(run: RunRef): Run;
    move(run: RunRef, to: RunRef, place: 'before' | 'after'): Run;
    /** Of a job, or of all. */
    pause(job: string | undefined, untilAt: number | null): void;
    resume(job: string | undefined): Promise<void>;
  };
  readonly runs: {
    list(page: RunFilter & { beforeId?: number | undefined; limit: number }): { runs: Run[]; hasMore: boolean };
    count(filter: RunFilter): { count: number; all: number };
    get(run: RunRef): RunDetail;
    cancel(run: RunRef): Run;
    again(run: RunRef, definition: 'same' | 'current', from: 'start' | 'failed-step'): Run;
    /** The variables of its tasks, with their origins. */
    environment(run: RunRef): Environment;
    /** What the containers and processes of its tasks used, over time. */
    stats(run: RunRef): Promise<TaskStats[]>;
  };
  readonly logs: Pick<LogView, 'slice' | 'placeAt' | 'placeOf' | 'search' | 'firstError' | 'reader'>;
  readonly files: FileView;
  /** Containers that stay for a look inside, and the shells in them. */
  readonly kept: Pick<KeptBook, 'remove'>;
  readonly shells: Pick<Shells, 'open' | 'read' | 'write' | 'resize' | 'close'>;
  /** Looks for the engine now. */
  checkEngine(): Promise<Engine>;
  readonly secrets: {
    list(): Promise<Secrets>;
    set(name: string, value: string, where: 'best' | 'file'): Promise<'keyring' | 'file'>;
    delete(name: string): Promise<void>;
  };
  readonly artifacts: Pick<ArtifactsView, 'list' | 'locate' | 'toRead'>;
  readonly storage: Pick<StorageView, 'list' | 'cleanUp' | 'removeHistory'>;
  readonly settings: { all(): Record<string, unknown>; set(key: string, value: unknown): void };
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const core = new Core(options);
  return {
    start: () => core.start(),
    close: (mode) => core.close(mode),
    wake: () => core.wake(),
    on: (listener) => core.on(listener),
    superseded: core.superseded,
    status: () => statusOf(core),
    doctor: () => examineAll(core),
    missingEnvironment: () => allMissingEnvironment(core),
    lookAgain: () => lookAgain(core),
    ...createCommands(core),
    // These views are made when it starts.
    get logs() {
      return core.parts.logView;
    },
    checkEngine: () => core.parts.executors.docker.checkEngine(),
    get kept() {
      return core.parts.kept;
    },
    get shells() {
      return core.parts.shells;
    },
    get files() {
      return core.parts.fileView;
    },
    get artifacts() {
      return core.parts.artifactsView;
    },
    get storage() {
      return core.parts.storageView;
    },
  };
}
