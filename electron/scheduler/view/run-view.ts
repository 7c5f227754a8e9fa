import type { Output, Pipeline, RunDetail, TaskRun, WaitingRun } from '../../api/api.ts';
import type { Clock } from '../clock.ts';
import type { Dispatcher, Waiting } from '../dispatcher.ts';
import { Failure } from '../failure.ts';
import type { JobDefinition } from '../job-file/definition.ts';
import { commitPage, isGitUrl } from '../job-file/git-url.ts';
import type { JobQueue, WaitingRow } from '../queue/job-queue.ts';
import type { Wait } from '../queue/waiting.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { RunStore } from '../store/run-store.ts';
import type { TaskRunStore } from '../store/task-run-store.ts';
import type { RunCommit } from '../store/commit-store.ts';
import { predictStarts, type PredictedWait } from './predict.ts';
import { writeDefinition } from './write-definition.ts';

export interface RunViewPorts {
  readonly clock: Clock;
  readonly queue: JobQueue;
  readonly runs: RunStore;
  readonly tasks: TaskRunStore;
  readonly dispatcher: Dispatcher;
  readonly medianOf: (job: string) => number | null;
  readonly keptOf: (runId: number) => readonly { readonly taskRunId: number; readonly untilAt: number }[];
  readonly remoteJobsOf: (taskRunId: number) => Pipeline['jobs'];
  readonly commitOf: (runId: number) => RunCommit | null;
  readonly logSize: (runId: number) => { readonly lines: number; readonly bytes: number };
}

export type QueueView = Output<'queue.get'>;

/** What the window and the command line show of runs. */
export class RunView {
  readonly #ports: RunViewPorts;

  constructor(ports: RunViewPorts) {
    this.#ports = ports;
  }

  /** Failure `no-such-run` where there is none. */
  find(ref: number | string): RunRecord {
    const run = this.#ports.runs.findRun(ref);
    if (run !== undefined) return run;
    if (this.#ports.runs.hasBeen(ref)) {
      throw new Failure(
        'no-such-run',
        `${typeof ref === 'number' ? `Run ${ref}` : ref} is not kept any more: the \`keep\` of its job says how much of the history stays.`,
      );
    }
    throw new Failure(
      'no-such-run',
      `There is no run ${ref}. \`nightjar runs\` lists those there are; a run is named by its id or as job#12.`,
    );
  }

  /** Ids of the task attempts for which a run failed; none of one that did not. */
  failedTasks(run: RunRecord): number[] {
    if (run.state !== 'failed' && run.state !== 'timed-out') return [];
    return this.#ports.tasks
      .taskRunsOf(run.id)
      .filter(({ runAttempt, state }) => runAttempt === run.attempt && (state === 'failed' || state === 'timed-out'))
      .map(({ id }) => id);
  }

  detail(run: RunRecord): RunDetail {
    return { ...this.#progress(run), definition: this.#definitionText(run) };
  }

  /** With the first `limit` of what waits, or of what waits behind the page whose `next` is given. */
  queue(limit: number, after?: number): QueueView {
    const { queue, dispatcher } = this.#ports;
    // One more tells whether there is a next page.
    const waiting = dispatcher.waiting(limit + 1, after);
    return {
      running: queue.running().map((run) => this.#progress(run)),
      waiting: this.#waiting(waiting.slice(0, limit), after),
      waitingCount: queue.countWaiting(),
      next: waiting.length > limit ? (waiting[limit - 1]?.row.position ?? null) : null,
    };
  }

  #progress(run: RunRecord): Omit<RunDetail, 'definition'> {
    const { runs, medianOf, logSize, keptOf } = this.#ports;
    const definition = runs.definitionOf(run.id);
    const { lines, bytes } = logSize(run.id);
    return {
      ...run,
      tasks: definition === undefined ? [] : this.#tasks(run, definition),
      groups: definition?.steps.map((group) => group.name) ?? [],
      medianMs: medianOf(run.job),
      variables: { ...definition?.homeVariables, ...definition?.variables },
      concurrencyGroup: run.concurrencyGroup,
      logLines: lines,
      logBytes: bytes,
      kept: keptOf(run.id).map(({ taskRunId, untilAt }) => ({ taskRunId, untilAt })),
      commit: this.#commit(run, definition),
      previous: runs.previousOf(run) ?? null,
      pipelines: this.#pipelines(run),
      downstream: runs.downstreamOf(run.id),
    };
  }

  #commit(run: RunRecord, definition: JobDefinition | undefined): RunDetail['commit'] {
    const commit = this.#ports.commitOf(run.id);
    if (commit === null) return null;
    const repo = definition?.repo ?? null;
    return { ...commit, url: repo === null || !isGitUrl(repo) ? null : commitPage(repo, commit.sha) };
  }

  #pipelines(run: RunRecord): Pipeline[] {
    return this.#ports.tasks.taskRunsOf(run.id).flatMap(({ id, executor, trace }) => {
      if (trace.remoteId === undefined || trace.remoteUrl === undefined) return [];
      const service = executor === 'github' ? 'GitHub' : 'GitLab';
      return { taskRunId: id, service, id: trace.remoteId, url: trace.remoteUrl, jobs: this.#ports.remoteJobsOf(id) };
    });
  }

  /** All attempts there were, and, for what has not begun, one waiting row of each task of the definition. */
  #tasks(run: RunRecord, definition: JobDefinition): TaskRun[] {
    const medians = this.#ports.tasks.mediansOfTasks(run.job);
    const stored = this.#ports.tasks.taskRunsOf(run.id);
    const now = stored.filter((task) => task.part === 'step' && task.runAttempt === run.attempt);
    const coming: TaskRun[] =
      run.state !== 'queued' && run.state !== 'running'
        ? []
        : definition.steps.flatMap((group, groupIndex) =>
            (now.some((task) => task.groupIndex === groupIndex) ? [] : group.tasks).map((task) => ({
              id: 0,
              group: group.name,
              groupIndex,
              name: task.name,
              part: 'step' as const,
              executor: task.executor,
              image: task.image,
              imageDigest: null,
              state: 'waiting' as const,
              reason: null,
              runAttempt: run.attempt,
              attempt: 1,
              attempts: 1 + (task.retry?.limit ?? 0),
              startedAt: null,
              endedAt: null,
              exitCode: null,
              medianMs: null,
            })),
          );
    return [...stored, ...coming].map((task) => ({ ...task, medianMs: medians.get(task.name) ?? null }));
  }

  #waiting(waiting: readonly Waiting[], after: number | undefined): WaitingRun[] {
    const { clock, queue, runs, dispatcher, medianOf } = this.#ports;
    const medians = new Map<string, number | null>();
    const median = (job: string): number | null => {
      if (!medians.has(job)) medians.set(job, medianOf(job));
      return medians.get(job) ?? null;
    };
    const running = queue.running();
    const starts = predictStarts(
      clock.now(),
      dispatcher.state().slots,
      running.map((run) => ({
        id: run.id,
        medianMs: median(run.job),
        startedAt: run.startedAt as number,
        holds: heldBy(run, false),
      })),
      waiting.map(({ row, wait, allowsOverlap }) => ({
        id: row.id,
        medianMs: median(row.job),
        waitsFor: foreseen(wait, row.notBeforeAt),
        holds: heldBy(row, allowsOverlap),
      })),
    );
    const ahead = after === undefined ? 0 : queue.countWaiting(after);
    const names = new Map(running.map(({ id, job, number }) => [id, { id, job, number }]));
    return waiting.flatMap(({ row, wait, missingSecrets }, index) => {
      const run = runs.getRun(row.id);
      if (run === undefined) return [];
      return {
        ...run,
        reason: wait?.reason ?? run.reason,
        position: ahead + index + 1,
        cause: wait?.cause ?? null,
        missingSecrets: [...missingSecrets],
        waitsFor: names.get(wait?.waitsForRunId ?? 0) ?? null,
        // What stands ahead of a later page is not among what was foreseen.
        predictedStartAt: after === undefined ? (starts.get(row.id) ?? null) : null,
      };
    });
  }

  #definitionText(run: RunRecord): string {
    const definition = this.#ports.runs.definitionOf(run.id);
    return definition === undefined ? '' : writeDefinition(definition);
  }
}

function foreseen(wait: Wait | null, notBeforeAt: number | null): PredictedWait['waitsFor'] {
  const cause = wait?.cause;
  switch (cause) {
    case undefined:
    case 'capacity':
    case 'already-running':
    case 'group-busy':
      return 'room';
    case 'retry':
    case 'jitter':
      return notBeforeAt === null ? 'room' : { moment: notBeforeAt };
    case 'condition':
    case 'engine-unavailable':
    case 'paused':
    case 'missing-environment':
    case 'draining':
    case 'disk-full':
      return 'unforeseeable';
    default:
      return cause satisfies never;
  }
}

function heldBy({ job, concurrencyGroup }: Pick<WaitingRow, 'job' | 'concurrencyGroup'>, isShared: boolean): string[] {
  return [...(isShared ? [] : [`job ${job}`]), ...(concurrencyGroup === null ? [] : [`group ${concurrencyGroup}`])];
}
