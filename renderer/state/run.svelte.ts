import type { Output, RunDetail, TaskStats } from '../../electron/api/api.ts';
import { ApiError } from '../../electron/api/client.ts';
import type { Backend } from '../client/backend.ts';
import { LogView } from './log.svelte.ts';
import type { Pane } from './run-panes.ts';
import { idsOf, isLive, taskRows, type TaskRow } from './run-tasks.ts';

/** One run's page: the run, its log and what is chosen. Lives as long as the address names this run. */
export class RunView {
  run: RunDetail | null = $state.raw(null);
  /** The run to compare with, once it is asked for. */
  previous: Output<'runs.get'> | null = $state.raw(null);
  /** What the tasks used; empty where nothing was measured. */
  stats: readonly TaskStats[] = $state.raw([]);
  /** Why there is nothing to show, as a sentence. */
  problem: string | null = $state(null);
  /** What stands under the plan. */
  pane: Pane = $state('log');
  task: string | null = $state(null);
  /** The task attempt whose kept container a shell is open in, or was. */
  shellOf: number | null = $state(null);
  log: LogView | null = $state.raw(null);
  readonly #backend: Backend;
  readonly #ref: string | number;
  #line: number | null;
  readonly #onError: (error: unknown) => void;
  #stops: (() => void)[] = [];

  constructor(
    backend: Backend,
    address: { run: string; task: string | null; line: number | null },
    onError: (error: unknown) => void,
  ) {
    this.#backend = backend;
    this.#ref = /^\d+$/.test(address.run) ? Number(address.run) : address.run;
    this.task = address.task;
    this.#line = address.line;
    // A lost connection is told by the frame and mended by itself.
    this.#onError = (error) => {
      if (!(error instanceof ApiError && error.code === 'closed')) onError(error);
    };
    // The log's end is on its way while the run is asked for: what is seen first must not wait for both in turn.
    if (typeof this.#ref === 'number' && address.task === null)
      this.log = new LogView(backend, this.#ref, this.#onError);
  }

  rows: TaskRow[] = $derived.by(() => taskRows(this.run?.tasks ?? []));
  /** Names of the tasks that have begun, each once. */
  begun: string[] = $derived.by(() => [
    ...new Set(
      this.rows.filter((row) => row.attempts.some((attempt) => attempt.startedAt !== null)).map(({ name }) => name),
    ),
  ]);
  names: Map<number, string> = $derived.by(() => new Map((this.run?.tasks ?? []).map((task) => [task.id, task.name])));

  /** Returns stop. */
  start(): () => void {
    if (this.#line === null) this.log?.prefetch();
    const stop = this.#backend.follow([], () => this.#open(), this.#onError);
    return () => {
      stop();
      for (const each of this.#stops) each();
    };
  }

  /** The log of one task, or of all. */
  choose(task: string | null): void {
    this.task = task;
    this.#filter();
  }

  /** `line` as the address and the screen count them, from 1. */
  goTo(line: number | null): void {
    if (line === null || line === this.#line) return;
    this.#line = line;
    this.pane = 'log';
    void this.log?.goTo(line - 1).catch(this.#onError);
  }

  async show(pane: Pane): Promise<void> {
    this.pane = pane;
    if (pane === 'usage') await this.#readStats().catch(this.#onError);
    const previous = this.run?.previous;
    if (pane !== 'compare' || !previous || this.previous?.id === previous.id) return;
    try {
      this.previous = await this.#backend.call('runs.get', { run: previous.id });
    } catch (error) {
      this.pane = 'log';
      this.#onError(error);
    }
  }

  /** The pane of the kept containers, with a shell in one of them. */
  lookInto(taskRunId: number | null): void {
    this.shellOf = taskRunId;
    this.pane = 'shell';
  }

  /** To the line to look at after a failure. False: there is none. */
  async toFirstError(): Promise<boolean> {
    this.pane = 'log';
    try {
      const number = (await this.log?.readFirstError()) ?? null;
      if (number !== null) await this.log?.goTo(number);
      return number !== null;
    } catch (error) {
      this.#onError(error);
      return true;
    }
  }

  async #open(): Promise<void> {
    if (this.#stops.length > 0) return;
    try {
      await this.#read();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code === 'closed' || error.code === 'internal') throw error;
      this.problem = error.message;
      return;
    }
    const run = this.run!;
    const log = (this.log ??= new LogView(this.#backend, run.id, this.#onError));
    this.#filter();
    const isFailed = run.state === 'failed' || run.state === 'timed-out';
    if (isFailed) await log.readFirstError();
    this.#stops = [
      log.start(this.#line !== null ? this.#line - 1 : isFailed ? log.firstError : null),
      this.#backend.follow([{ event: 'run.changed', key: run.id }, 'queue.changed'], () => this.#read(), this.#onError),
      this.#backend.follow([{ event: 'stats.grew', key: run.id }], () => this.#readStats(), this.#onError),
    ];
  }

  async #read(): Promise<void> {
    const before = this.run?.state;
    const wasLive = this.run !== null && isLive(this.run);
    this.run = await this.#backend.call('runs.get', { run: this.run?.id ?? this.#ref });
    this.#filter();
    // Its last looks, which nobody may have read.
    if (wasLive && !isLive(this.run)) await this.#readStats();
    const hasFailed = this.run.tasks.some(({ state }) => state === 'failed' || state === 'timed-out');
    if (before !== undefined && hasFailed && this.log?.firstError === null) await this.log.readFirstError();
  }

  /** Every two seconds of a running task, so only where they are looked at; the first say that there are some. */
  async #readStats(): Promise<void> {
    if (this.pane !== 'usage' && this.stats.length > 0) return;
    this.stats = await this.#backend.call('runs.stats', { run: this.run!.id });
  }

  /** A new attempt of the chosen task joins its log. */
  #filter(): void {
    if (this.log === null) return;
    const ids = this.task === null ? null : idsOf(this.rows, this.task);
    this.log.select(ids, this.log.streams);
  }
}
