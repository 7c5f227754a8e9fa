import { dirname } from 'node:path';
import type { Trigger } from '../../api/words.ts';
import type { Clock } from '../clock.ts';
import type { Executor, RemoteBook } from '../executor/executor.ts';
import { Failure, messageOf } from '../failure.ts';
import { turn } from '../turn.ts';
import type { ExecutorName, JobDefinition } from '../job-file/definition.ts';
import { readEnvironment, type RunEnvironment } from './environment.ts';
import type { OpenRunFolders, RunContext, RunFoldersOf, RunLog } from './run-context.ts';
import { readRunSecrets, withoutOutput, type RunSecretsPorts } from './run-secrets.ts';
import type { Slots } from './slots.ts';
import type { StayAwake } from './stay-awake.ts';
import type { StopReason } from './stop-reason.ts';
import { retryWait } from './task.ts';
import { endOfStop, TaskGroup, type RunEnd } from './task-group.ts';
import type { TaskRows } from './task-rows.ts';

/** What is executed: a run that this instance owns. */
export interface StartedRun {
  readonly id: number;
  readonly job: string;
  readonly number: number;
  readonly trigger: Trigger;
  readonly attempt: number;
  readonly attempts: number;
  readonly params: Readonly<Record<string, string>>;
  readonly startedAt: number | null;
}

/** A run's log while the run is active. */
export interface ActiveLog extends RunLog {
  close(): Promise<void>;
}

export interface ActiveRunsPorts extends RunSecretsPorts {
  readonly clock: Clock;
  readonly executors: Readonly<Record<ExecutorName, Executor>>;
  readonly slots: Slots;
  readonly rows: TaskRows;
  /** What is kept of a task's pipeline elsewhere; `changed` is called when there is something new of it. */
  remoteBook(taskRunId: number, changed: () => void): RemoteBook;
  readonly host: () => NodeJS.ProcessEnv;
  /** Stores what the run's variables are, before anything gets them. */
  keepEnvironment(run: StartedRun, environment: RunEnvironment): void;
  openFolders(run: RunFoldersOf): OpenRunFolders;
  openLog(run: StartedRun, masked: readonly string[]): Promise<ActiveLog>;
  /** What the tasks that failed said, in one line; null where nobody knows. Asked when the log is whole. */
  errorOf(run: StartedRun): Promise<string | null>;
  /** Whether its cancelling was asked for, maybe of another instance: then there is no next attempt. */
  isToBeCancelled(run: StartedRun): boolean;
  /** Writes the end of a run. */
  finish(run: StartedRun, end: RunEnd & { error: string | null }): Promise<void>;
  /** Puts the run back into the queue for its next attempt. */
  requeue(run: StartedRun, end: RunEnd & { error: string | null }, notBeforeAt: number): Promise<void>;
  readonly stayAwake: StayAwake;
  changed(run: StartedRun): void;
  /** The disk is full: every active run is told to stop. */
  diskFull(): void;
  bug(error: unknown): void;
}

/** What an execution is given with its run. */
interface Beginning {
  readonly stopping: AbortController;
  readonly leaving: AbortController;
  readonly onDisk: Promise<void>;
}

interface Active {
  readonly stopping: AbortController;
  /** Aborted too when the scheduler ends, which may be after the run was cancelled. */
  readonly leaving: AbortController;
  readonly ended: Promise<void>;
}

/**
 * The runs that this instance executes right now. Each is a promise that is kept until it settles; nothing of a run outlives
 * its entry here.
 */
export class ActiveRuns {
  readonly #ports: ActiveRunsPorts;
  readonly #active = new Map<number, Active>();

  constructor(ports: ActiveRunsPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#active.size;
  }

  has(runId: number): boolean {
    return this.#active.has(runId);
  }

  /**
   * Executes what is left of a run. Its state is `running` and its owner this instance. No task begins before `onDisk` says that a
   * loss of power cannot make the run one that waits again.
   */
  start(run: StartedRun, definition: JobDefinition, onDisk: Promise<void> = Promise.resolve()): void {
    const [stopping, leaving] = [new AbortController(), new AbortController()];
    const letSleep = definition.keepAwake ? this.#ports.stayAwake.begin() : () => {};
    const ended = this.#execute(run, definition, { stopping, leaving, onDisk }).finally(() => {
      letSleep();
      // Its next attempt may have begun already.
      if (this.#active.get(run.id) === active) this.#active.delete(run.id);
    });
    const active = { stopping, leaving, ended };
    this.#active.set(run.id, active);
  }

  /** Tells a run to stop; it is still active until it has. */
  stop(runId: number, reason: StopReason): void {
    const active = this.#active.get(runId);
    if (active === undefined) return;
    active.stopping.abort(reason);
    if (reason.kind === 'interrupted') active.leaving.abort(reason);
  }

  stopAll(reason: StopReason): void {
    for (const id of this.#active.keys()) this.stop(id, reason);
  }

  /** Resolves when no run is active. */
  async drained(): Promise<void> {
    while (this.#active.size > 0) await Promise.all([...this.#active.values()].map((active) => active.ended));
  }

  /** Resolves when this run is not active (any more). */
  async ended(runId: number): Promise<void> {
    await this.#active.get(runId)?.ended;
  }

  async #execute(run: StartedRun, definition: JobDefinition, beginning: Beginning): Promise<void> {
    const { clock } = this.#ports;
    // Decided once, by how the steps ended: what its handlers have announced is not tried again.
    let delayMs: number | null = null;
    const mayRetry = (end: RunEnd): boolean => {
      delayMs = this.#ports.isToBeCancelled(run) ? null : retryDelay(definition, run, end);
      return delayMs !== null;
    };
    let end: RunEnd;
    let isThrown = false;
    try {
      end = await this.#executeSteps(run, definition, beginning, mayRetry);
    } catch (error) {
      end = this.#endOfThrown(error);
      isThrown = true;
    }
    try {
      if (isThrown) mayRetry(end);
      const error = await this.#errorOf(run, end);
      if (delayMs === null) {
        await this.#ports.finish(run, { ...end, error });
      } else {
        await this.#ports.requeue(run, { ...end, error }, clock.now() + delayMs);
      }
    } catch (error) {
      this.#ports.bug(error);
    }
    this.#ports.changed(run);
  }

  async #executeSteps(
    run: StartedRun,
    definition: JobDefinition,
    { stopping, leaving, onDisk }: Beginning,
    mayRetry: (end: RunEnd) => boolean,
  ): Promise<RunEnd> {
    const { clock, executors, slots, rows } = this.#ports;
    const secrets = await readRunSecrets(run, definition, this.#ports, stopping.signal);
    if (secrets === null) return this.#stoppedEarly(run, stopping.signal);
    const environment = await this.#environmentOf(run, definition, secrets.values);
    if (secrets.problem === null) this.#ports.keepEnvironment(run, environment);
    const opened = await this.#ports.openLog(run, environment.masked);
    const log = secrets.problem === null ? opened : withoutOutput(opened);
    if (secrets.problem !== null) this.#stopUnmasked(stopping, leaving, secrets.problem);
    const folders = this.#ports.openFolders({
      runId: run.id,
      definition,
      masked: environment.masked,
      note: (text) => log.note(0, text),
    });
    try {
      const context: RunContext = {
        run,
        definition,
        clock,
        executors,
        slots,
        rows,
        log,
        remoteBook: (taskRunId) => this.#ports.remoteBook(taskRunId, () => this.#ports.changed(run)),
        environment,
        folders,
        jobFolder: dirname(definition.file),
        leaving: leaving.signal,
        stop: (reason) => {
          stopping.abort(reason);
          if (reason.kind === 'disk-full') this.#ports.diskFull();
        },
        bug: (error) => this.#ports.bug(error),
        changed: () => this.#ports.changed(run),
        onDisk,
      };
      await turn();
      const end = await new TaskGroup(context).run(stopping.signal, mayRetry);
      // Where it does not get there no task has begun, which is no success where tasks may fail.
      await onDisk;
      if (end.reason !== null) log.note(0, `${end.state}: ${end.reason}`);
      return end;
    } finally {
      await this.#closeFolders(folders, log);
      await log.close();
    }
  }

  /** Its handlers would have no secrets, so they do not run. */
  async #stoppedEarly(run: StartedRun, signal: AbortSignal): Promise<RunEnd> {
    const end = endOfStop(signal);
    const log = await this.#ports.openLog(run, []);
    log.note(0, `${end.state}: ${end.reason}, while its secrets were read and before any task began`);
    await log.close();
    return end;
  }

  /** Where it cannot be read nothing runs, and the log, which would else have no line, says why. */
  async #environmentOf(
    run: StartedRun,
    definition: JobDefinition,
    secrets: Readonly<Record<string, string>>,
  ): Promise<RunEnvironment> {
    try {
      return readEnvironment(definition, run, this.#ports.host(), secrets);
    } catch (error) {
      if (error instanceof Failure) {
        const log = await this.#ports.openLog(run, Object.values(secrets));
        log.note(0, `failed: ${error.message}`);
        await log.close();
      }
      throw error;
    }
  }

  /** What cannot be removed now is removed later: it must not keep a run from ending. */
  async #closeFolders(folders: OpenRunFolders, log: RunLog): Promise<void> {
    try {
      await folders.close();
    } catch (error) {
      log.note(0, `what the run worked in could not be removed: ${messageOf(error)}; it is tried again later`);
    }
  }

  /** Its handlers have no secrets either, so they do not run. */
  #stopUnmasked(stopping: AbortController, leaving: AbortController, why: string): void {
    const reason: StopReason = { kind: 'interrupted', why };
    stopping.abort(reason);
    leaving.abort(reason);
  }

  /** It is a help and no more: a log that cannot be searched must not keep a run from ending. */
  async #errorOf(run: StartedRun, { state }: RunEnd): Promise<string | null> {
    if (state !== 'failed' && state !== 'timed-out') return null;
    try {
      return await this.#ports.errorOf(run);
    } catch (error) {
      this.#ports.bug(error);
      return null;
    }
  }

  #endOfThrown(error: unknown): RunEnd {
    if (error instanceof Failure) {
      if (error.code === 'disk-full') this.#ports.diskFull();
      return { state: 'failed', reason: error.message, exitCode: null };
    }
    this.#ports.bug(error);
    return { state: 'failed', reason: `Something went wrong inside Nightjar: ${messageOf(error)}`, exitCode: null };
  }
}

/**
 * How long until a run's next attempt, in ms; null: this was the last. An interrupted run is retried where its job has
 * `retry`, whatever exit codes that names: it is Nightjar that ended, not the job that failed (product.md, Crash).
 */
function retryDelay(definition: JobDefinition, run: StartedRun, end: RunEnd): number | null {
  const { retry } = definition;
  if (retry === null) return null;
  if (end.state === 'interrupted') return run.attempt <= retry.limit ? retry.intervalMs : null;
  return retryWait(retry, run.attempt, end);
}
