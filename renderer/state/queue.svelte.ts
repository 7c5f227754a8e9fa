import type { Output } from '../../electron/api/api.ts';
import type { RunState } from '../../electron/api/words.ts';
import type { Backend } from '../client/backend.ts';
import { HeldList } from './held-list.svelte.ts';
import { keepUnchanged } from './keep-unchanged.ts';

export type RunningRun = Output<'queue.get'>['running'][number];
export type WaitingRun = Output<'queue.get'>['waiting'][number];

/** Rows of what waits, at first; each is a quarter of a millisecond of drawing, and few look further. */
const SHOWN_AT_FIRST = 100;
/** What the contract gives at most. */
const MOST_SHOWN = 1_000;

/** What runs and what waits: as it is, and as it is shown while a person is in the list. */
export class Queue {
  running: RunningRun[] = $state.raw([]);
  /** The first of what waits. */
  waiting: WaitingRun[] = $state.raw([]);
  /** All that wait. */
  waitingCount = $state(0);
  isLoaded = $state(false);
  readonly runningRows = new HeldList<RunningRun>();
  readonly waitingRows = new HeldList<WaitingRun>();
  /** How the runs ended whose rows are still shown. */
  ended: ReadonlyMap<number, RunState> = $state.raw(new Map());
  #backend: Backend;
  #limit = SHOWN_AT_FIRST;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Returns stop. */
  start(onError: (error: unknown) => void): () => void {
    return this.#backend.follow(['queue.changed', 'run.changed'], () => this.read(), onError);
  }

  get canShowMore(): boolean {
    return this.waitingCount > this.waiting.length && this.waiting.length < MOST_SHOWN;
  }

  /** Shows more of what waits. */
  showMore(): Promise<void> {
    this.#limit = Math.min(this.#limit + 300, MOST_SHOWN);
    return this.read();
  }

  /** The hints call it; who changed something may, to see at once what came of it. */
  async read(): Promise<void> {
    const { running, waiting, waitingCount } = await this.#backend.call('queue.get', { limit: this.#limit });
    this.running = keepUnchanged(this.running, running);
    this.waiting = keepUnchanged(this.waiting, waiting);
    this.waitingCount = waitingCount;
    this.runningRows.update(this.running);
    this.waitingRows.update(this.waiting);
    this.isLoaded = true;
    const gone = [...this.runningRows.rows, ...this.waitingRows.rows]
      .filter((row) => row.isGone)
      .map((row) => row.item.id);
    const known = await Promise.all(
      gone.map(
        async (id) => [id, this.ended.get(id) ?? (await this.#backend.call('runs.get', { run: id })).state] as const,
      ),
    );
    if (gone.length > 0 || this.ended.size > 0) this.ended = new Map(known);
  }
}
