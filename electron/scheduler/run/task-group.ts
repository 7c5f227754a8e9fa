import type { RunState } from '../../api/words.ts';
import { writeDuration } from '../duration.ts';
import { Failure, messageOf } from '../failure.ts';
import type { StepGroupDefinition, TaskDefinition } from '../job-file/definition.ts';
import { withVariables } from './environment.ts';
import { afterLong } from './long-wait.ts';
import { isFine, type Part, type RunContext, type TaskResult } from './run-context.ts';
import { StepGroup } from './step-group.ts';
import { timeLeft } from './time-left.ts';
import { stateOfStop, stopReasonOf, wordsOfStop, type StopReason } from './stop-reason.ts';

/** How one attempt of a run ended. */
export interface RunEnd {
  readonly state: Extract<RunState, 'succeeded' | 'failed' | 'cancelled' | 'timed-out' | 'interrupted'>;
  readonly reason: string | null;
  readonly exitCode: number | null;
}

const SUCCEEDED: RunEnd = { state: 'succeeded', reason: null, exitCode: 0 };

/** Handlers have a time budget of their own, whatever was cancelled or timed out; a handler's own `timeout` may be shorter. */
const HANDLERS_BUDGET_MS = 10 * 60_000;

/** What nobody has fetched before is worth this much of it: where the repository is silent, handlers tell of that without it. */
const HANDLERS_FETCH_MS = 60_000;

/**
 * A run being executed: the workspace and its step groups, one after another. A failed group lets no later one start; the
 * handlers follow, whatever happened.
 */
export class TaskGroup {
  readonly #context: RunContext;
  /** It could not be made; the handlers do without, and are not told a second time. */
  #hasNoWorkspace = false;

  constructor(context: RunContext) {
    this.#context = context;
  }

  /**
   * Executes what is left of this attempt of the run, from its stored rows; resolves when nothing of it is running.
   * `mayRetry` says whether an end in this state is followed by another attempt: handlers run after the last one only.
   */
  async run(signal: AbortSignal, mayRetry: (end: RunEnd) => boolean): Promise<RunEnd> {
    const end = await this.#runSteps(signal);
    if (mayRetry(end)) return end;
    return this.#runHandlers(end, signal);
  }

  async #runSteps(outer: AbortSignal): Promise<RunEnd> {
    const { definition, clock } = this.#context;
    if (definition.steps.length === 0) return { state: 'failed', reason: 'no steps', exitCode: null };
    const groups = this.#groups('step', definition.steps);
    const { timeoutMs } = definition;
    const own = new AbortController();
    const noTimeout =
      timeoutMs === null
        ? () => {}
        : afterLong(clock, timeLeft(timeoutMs, this.#context.run.startedAt, clock.now()), () =>
            own.abort({ kind: 'timed-out', after: writeDuration(timeoutMs), of: 'run' } satisfies StopReason),
          );
    const signal = AbortSignal.any([outer, own.signal]);
    try {
      let end: RunEnd = SUCCEEDED;
      for (const group of groups) {
        if (end.state === 'succeeded' && signal.aborted) end = endOfStop(signal);
        if (end.state === 'succeeded' && !group.isOver) end = await this.#prepare(signal);
        if (end.state !== 'succeeded' && !group.isLive) {
          group.skip(skipReason(end));
          continue;
        }
        // What outlived a crash is not left alone, even where the run was told to stop meanwhile.
        const endOfThis = endOfGroup(await group.run(signal), signal);
        if (end.state === 'succeeded') end = endOfThis;
      }
      return end;
    } finally {
      noTimeout();
    }
  }

  /** Not before something is to run in it: what a crash left ended needs no workspace. What is thrown here ends the steps. */
  async #prepare(signal: AbortSignal): Promise<RunEnd> {
    const { definition, folders, log, onDisk, stop, bug } = this.#context;
    if (this.#hasNoWorkspace) return SUCCEEDED;
    try {
      if (definition.repo !== null) await onDisk;
      await folders.prepare(signal);
      return SUCCEEDED;
    } catch (error) {
      // After a cancel too: a repository that did not answer would keep the handlers, and whoever cancelled, for minutes.
      this.#hasNoWorkspace = true;
      if (signal.aborted) return endOfStop(signal);
      if (!(error instanceof Failure)) {
        bug(error);
        return { state: 'failed', reason: `Something went wrong inside Nightjar: ${messageOf(error)}`, exitCode: null };
      }
      if (error.code === 'disk-full') stop({ kind: 'disk-full', where: error.message });
      log.note(0, error.message);
      return { state: 'failed', reason: error.message, exitCode: null };
    }
  }

  async #runHandlers(end: RunEnd, outer: AbortSignal): Promise<RunEnd> {
    const { leaving } = this.#context;
    // Who ends Nightjar, or shuts the machine down, gives no time for handlers.
    if (leaving.aborted && end.state !== 'succeeded' && !this.#hasLiveHandler()) return end;
    const { onSuccess, onFailure, onCancel, always } = this.#context.definition;
    const byOutcome: readonly [Part, readonly TaskDefinition[]] =
      end.state === 'succeeded'
        ? ['on_success', onSuccess]
        : end.state === 'cancelled'
          ? ['on_cancel', onCancel]
          : ['on_failure', onFailure];
    const budget = new AbortController();
    const noBudget = this.#context.clock.after(HANDLERS_BUDGET_MS, () =>
      budget.abort({ kind: 'timed-out', after: writeDuration(HANDLERS_BUDGET_MS), of: 'run' } satisfies StopReason),
    );
    const fetching = new AbortController();
    const noFetching = this.#context.clock.after(HANDLERS_FETCH_MS, () =>
      fetching.abort({ kind: 'timed-out', after: writeDuration(HANDLERS_FETCH_MS), of: 'run' } satisfies StopReason),
    );
    // What stopped the steps is what handlers are there for; what comes later is meant for them.
    const late = outer.aborted ? leaving : AbortSignal.any([outer, leaving]);
    const onAbort = (): void => budget.abort(late.reason);
    late.addEventListener('abort', onAbort);
    if (late.aborted) onAbort();
    try {
      let result = end;
      for (const [part, tasks] of [byOutcome, ['always', always] as const]) {
        const groups = this.#groups(
          part,
          tasks.map((task) => ({ name: task.name, tasks: [task] })),
          {
            NIGHTJAR_OUTCOME: end.state,
            NIGHTJAR_REASON: end.reason ?? '',
            NIGHTJAR_EXIT_CODE: end.exitCode === null ? '' : String(end.exitCode),
          },
        );
        for (const group of groups) {
          // Without a workspace they work where they can: who tells of a failure must be heard of this one too.
          if (!group.isOver) await this.#prepare(AbortSignal.any([budget.signal, fetching.signal]));
          const failed = (await group.run(budget.signal)).find((task) => !isFine(task));
          if (failed !== undefined && result.state === 'succeeded') {
            const isStopped = failed.state === 'cancelled' || failed.state === 'interrupted';
            result = {
              state: isStopped ? failed.state : 'failed',
              reason: `${failed.reason ?? failed.state} in ${part} ${failed.name}`,
              exitCode: failed.exitCode,
            };
          }
        }
      }
      return result;
    } finally {
      late.removeEventListener('abort', onAbort);
      noFetching();
      noBudget();
    }
  }

  #hasLiveHandler(): boolean {
    const { rows, run } = this.#context;
    return rows.taskRunsOf(run.id).some(({ part, state }) => part !== 'step' && state === 'running');
  }

  /** The groups with their stored rows; rows that are not there yet are stored, all at once, as waiting. */
  #groups(part: Part, groups: readonly StepGroupDefinition[], variables?: Record<string, string>): StepGroup[] {
    if (groups.length === 0) return [];
    const context =
      variables === undefined
        ? this.#context
        : { ...this.#context, environment: withVariables(this.#context.environment, 'nightjar', variables) };
    const { run, rows } = context;
    const stored = () => rows.taskRunsOf(run.id).filter((row) => row.runAttempt === run.attempt && row.part === part);
    let all = stored();
    if (all.length === 0 && part === 'step' && run.attempt > 1) {
      rows.carryOver(run.id, run.attempt);
      all = stored();
    }
    // A run from the failed step has rows of the groups before it.
    const missing = groups.flatMap((group, index) =>
      all.some((row) => row.groupIndex === index) ? [] : StepGroup.newRows(context, part, index, group),
    );
    if (missing.length > 0) {
      rows.insertTaskRuns(run.id, missing);
      all = stored();
      context.changed();
    }
    return groups.map((group, index) => {
      const own = all.filter((row) => row.groupIndex === index);
      return new StepGroup(context, part, index, group, own);
    });
  }
}

function endOfGroup(results: readonly TaskResult[], signal: AbortSignal): RunEnd {
  if (results.every(isFine)) return SUCCEEDED;
  // What was stopped from outside is named after that; otherwise what a person looks for first: a failure of a task's own.
  if (signal.aborted) {
    const stopped = results.find((result) => result.state === stateOfStop(stopReasonOf(signal) as StopReason));
    if (stopped !== undefined) return endOfStop(signal, stopped);
  }
  const order = ['failed', 'timed-out', 'interrupted', 'cancelled'] as const;
  for (const state of order) {
    const first = results.find((result) => result.state === state && !isFine(result));
    if (first !== undefined) {
      return { state, reason: `${first.reason ?? state} in ${first.name}`, exitCode: first.exitCode };
    }
  }
  return { state: 'failed', reason: 'a task was skipped', exitCode: null };
}

/** How a run ends that was told to stop; `task`: in which one. */
export function endOfStop(signal: AbortSignal, task?: TaskResult): RunEnd {
  const reason = stopReasonOf(signal) as StopReason;
  const where = task === undefined || reason.kind === 'disk-full' ? '' : `, in task ${task.name}`;
  return { state: stateOfStop(reason), reason: wordsOfStop(reason) + where, exitCode: task?.exitCode ?? null };
}

function skipReason(end: RunEnd): string {
  switch (end.state) {
    case 'failed':
      return 'an earlier group failed';
    case 'timed-out':
      return 'the run was out of time';
    case 'cancelled':
      return 'the run was cancelled';
    case 'interrupted':
      return 'the run was interrupted';
    case 'succeeded':
      return 'the run has ended';
    default:
      return end.state satisfies never;
  }
}
