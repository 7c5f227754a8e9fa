import type { Clock } from '../clock.ts';
import { writeDuration } from '../duration.ts';
import type { Outcome, TaskExecution, TaskLog } from '../executor/executor.ts';
import { Failure, messageOf } from '../failure.ts';
import type { RetryDefinition, TaskDefinition } from '../job-file/definition.ts';
import type { NewTaskRun, TaskRunEnd, TaskRunRecord } from '../store/task-run-store.ts';
import { variablesOfTask } from './environment.ts';
import { handedOnTo } from './handed-on.ts';
import { KEPT_FOR_MS, keptUntil } from './keep-container.ts';
import { endOf, endOfStop, type AttemptEnd } from './attempt-end.ts';
import { afterLong } from './long-wait.ts';
import type { RunContext, TaskResult } from './run-context.ts';
import type { StopReason } from './stop-reason.ts';
import { timeLeft } from './time-left.ts';

/** Where a task stands within its run. */
export type TaskPlace = Pick<NewTaskRun, 'part' | 'group' | 'groupIndex' | 'taskIndex'>;

/**
 * One task of a run, from its first attempt to its last. It goes by what is stored: a fresh run, a run that outlived its
 * scheduler and one that was cut off between two tasks all come in here the same way, and a task whose attempt has an end in
 * the store is never executed again.
 */
export class Task {
  readonly #context: RunContext;
  readonly #place: TaskPlace;
  readonly #definition: TaskDefinition;
  #row: TaskRunRecord;

  /** `row` is the last stored attempt of this task. */
  constructor(context: RunContext, place: TaskPlace, definition: TaskDefinition, row: TaskRunRecord) {
    this.#context = context;
    this.#place = place;
    this.#definition = definition;
    this.#row = row;
  }

  /** Its last attempt has ended, and no retry follows: so it may be after a crash. */
  get isOver(): boolean {
    const { retry } = this.#definition;
    return isOver(this.#row) && (retry === null || retryWait(retry, this.#row.attempt, this.#row) === null);
  }

  /** Something of it may be running, left by a scheduler that crashed. */
  get isLive(): boolean {
    return this.#row.state === 'running' && Object.keys(this.#row.trace).length > 0;
  }

  /** Runs what is left of the task; resolves when nothing of it is running any more, also after an abort. */
  async run(signal: AbortSignal): Promise<TaskResult> {
    const { retry } = this.#definition;
    for (;;) {
      const end = isOver(this.#row) ? (this.#row as AttemptEnd) : await this.#attempt(signal);
      const waitMs = retry === null || signal.aborted ? null : retryWait(retry, this.#row.attempt, end);
      if (waitMs === null) return this.#result(end);
      this.#context.log.note(
        this.#row.id,
        `attempt ${this.#row.attempt} ended with ${end.reason ?? end.state}, retry in ${writeDuration(waitMs)}`,
      );
      await elapse(this.#context.clock, waitMs, signal);
      if (signal.aborted) return this.#result(end);
      this.#row = this.#nextRow();
    }
  }

  /** Records that the task is not going to run. */
  skip(reason: string): TaskResult {
    if (isOver(this.#row)) return this.#result(this.#row as AttemptEnd);
    return this.#result(this.#finish({ state: 'skipped', reason, exitCode: null }));
  }

  #nextRow(): TaskRunRecord {
    const { rows, run } = this.#context;
    const next = newTaskRun(this.#context, this.#place, this.#definition, this.#row.attempt + 1);
    return rows.getTaskRun(rows.insertTaskRuns(run.id, [next])[0] as number) as TaskRunRecord;
  }

  async #attempt(signal: AbortSignal): Promise<AttemptEnd> {
    const { clock, rows } = this.#context;
    // What is to be stopped before it was taken up again needs no slot, and must be stopped.
    const giveBack = (await this.#context.slots.take(signal)) ?? (this.isLive ? () => {} : undefined);
    if (giveBack === undefined) return this.#finish(endOfStop(signal, null));
    const { timeoutMs } = this.#definition;
    const own = new AbortController();
    const wasRunning = this.#row.state === 'running';
    const noTimeout =
      timeoutMs === null
        ? () => {}
        : afterLong(clock, timeLeft(timeoutMs, wasRunning ? this.#row.startedAt : null, clock.now()), () =>
            own.abort({ kind: 'timed-out', after: writeDuration(timeoutMs), of: 'task' } satisfies StopReason),
          );
    const both = AbortSignal.any([signal, own.signal]);
    try {
      if (!wasRunning) rows.startTaskRun(this.#row.id, clock.now());
      this.#context.changed();
      const outcome = await this.#execute(wasRunning, both);
      return await this.#settle(outcome, both);
    } catch (error) {
      // Siblings must be able to finish, so nothing that is thrown leaves a task.
      return this.#finish(this.#endOfThrown(error, both));
    } finally {
      noTimeout();
      giveBack();
    }
  }

  /** A stored attempt without a trace never got as far as running anything, so it may simply be executed. */
  async #execute(wasRunning: boolean, signal: AbortSignal): Promise<Outcome | undefined> {
    const executor = this.#context.executors[this.#definition.executor];
    const execution = await this.#execution(signal);
    await this.#context.onDisk;
    const { trace } = this.#row;
    if (wasRunning && Object.keys(trace).length > 0) return executor.recover(execution, trace);
    return executor.execute(execution);
  }

  async #execution(signal: AbortSignal): Promise<TaskExecution> {
    const { run, rows, log, environment, folders, jobFolder } = this.#context;
    const { id, attempt } = this.#row;
    const outputs = handedOnTo(this.#place, rows.outputsOf(run.id, run.attempt));
    return {
      runId: run.id,
      jobId: run.job,
      taskRunId: id,
      attempt,
      task: this.#definition,
      ...variablesOfTask(environment, this.#definition, { attempt, outputs, commit: folders.commit }),
      workspace: folders.workspace,
      exchange: await folders.exchange(id, this.#definition.executor === 'docker'),
      jobFolder,
      log: this.#stoppingWhenFull(log.taskLog(id)),
      signal,
      settle: async (outcome) => {
        const keptUntilAt = this.#keptUntil(outcome, signal);
        await this.#settle(outcome, signal, keptUntilAt);
        return { isKept: keptUntilAt !== null };
      },
      remote: this.#context.remoteBook(id),
      leaveTrace: (trace) => rows.leaveTrace(id, trace),
    };
  }

  /** The log before the end: a task that is stored as ended has all of its log. */
  async #settle(
    outcome: Outcome | undefined,
    signal: AbortSignal,
    keptUntilAt: number | null = null,
  ): Promise<AttemptEnd> {
    const row = this.#context.rows.getTaskRun(this.#row.id) as TaskRunRecord;
    if (isOver(row)) return row as AttemptEnd;
    const end = endOf(outcome, signal);
    const { folders, log } = this.#context;
    // What a failed attempt wrote does not count.
    const outputs = end.state === 'succeeded' ? await folders.outputsOf(row.id, log.taskLog(row.id)) : {};
    await this.#endLog();
    return this.#finish(end, { outputs, keptUntilAt });
  }

  /** Asked while the container is still there; the log says it while it still takes lines. */
  #keptUntil(outcome: Outcome, signal: AbortSignal): number | null {
    const { definition, clock, log } = this.#context;
    const { state } = endOf(outcome, signal);
    const untilAt = keptUntil(definition.keepContainer, this.#definition, state, outcome, clock.now());
    if (untilAt !== null)
      log.note(this.#row.id, `The container is kept for ${writeDuration(KEPT_FOR_MS)} for a look inside.`);
    return untilAt;
  }

  async #endLog(): Promise<void> {
    try {
      await this.#context.log.endAttempt(this.#row.id);
    } catch (error) {
      if (!this.#isFullDisk(error)) throw error;
    }
  }

  /** A full disk concerns the whole run, not this task alone: tells it, and says whether it was that. */
  #isFullDisk(error: unknown): boolean {
    const isFull = error instanceof Failure && error.code === 'disk-full';
    if (isFull) this.#context.stop({ kind: 'disk-full', where: `the log of ${this.#context.run.job}` });
    return isFull;
  }

  #endOfThrown(error: unknown, signal: AbortSignal): AttemptEnd {
    if (this.#isFullDisk(error)) return endOfStop(signal, null);
    if (error instanceof Failure) return { state: 'failed', reason: error.message, exitCode: null };
    this.#context.bug(error);
    return { state: 'failed', reason: `Something went wrong inside Nightjar: ${messageOf(error)}`, exitCode: null };
  }

  #stoppingWhenFull(log: TaskLog): TaskLog {
    return {
      write: async (stream, bytes) => {
        try {
          await log.write(stream, bytes);
        } catch (error) {
          this.#isFullDisk(error);
          throw error;
        }
      },
      note: (text) => log.note(text),
      consumed: (stream) => log.consumed(stream),
    };
  }

  #finish(end: AttemptEnd, more: Pick<TaskRunEnd, 'outputs' | 'keptUntilAt'> = {}): AttemptEnd {
    this.#context.rows.finishTaskRun({ ...end, ...more, id: this.#row.id, at: this.#context.clock.now() });
    this.#context.changed();
    return end;
  }

  #result(end: AttemptEnd): TaskResult {
    const { state, reason, exitCode } = end;
    return { name: this.#definition.name, state, reason, exitCode, isAllowedToFail: this.#definition.allowFailure };
  }
}

/** The row of a task's attempt, before anything of it has run. */
export function newTaskRun(
  context: RunContext,
  place: TaskPlace,
  definition: TaskDefinition,
  attempt: number,
): NewTaskRun {
  return {
    ...place,
    name: definition.name,
    executor: definition.executor,
    image: definition.image,
    runAttempt: context.run.attempt,
    attempt,
    attempts: 1 + (definition.retry?.limit ?? 0),
  };
}

/**
 * How long to wait before the next attempt, in ms; null: there is none. A job and a task retry by the same rule: failures and
 * timeouts, and where exit codes are named, those alone.
 */
export function retryWait(
  retry: RetryDefinition,
  attempt: number,
  end: { readonly state: string; readonly exitCode: number | null },
): number | null {
  if (attempt > retry.limit) return null;
  if (end.state !== 'failed' && end.state !== 'timed-out') return null;
  if (retry.exitCodes.length > 0 && !retry.exitCodes.includes(end.exitCode ?? -1)) return null;
  return Math.min(retry.intervalMs * retry.backoff ** (attempt - 1), retry.maxIntervalMs);
}

function isOver(row: TaskRunRecord): boolean {
  return row.state !== 'waiting' && row.state !== 'running';
}

/** Resolves after `ms` of elapsed time, or as soon as the signal aborts. */
export function elapse(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      takeBack();
      resolve();
    };
    const takeBack = afterLong(clock, ms, done);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });
}
