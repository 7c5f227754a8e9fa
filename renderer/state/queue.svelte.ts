import type { Output } from '../../electron/api/api.ts';
import type { RunState } from '../../electron/api/words.ts';
import type { Backend } from '../client/backend.ts';
import { HeldList } from './held-list.svelte.ts';

export type RunningRun = Output<'queue.get'>['running'][number];
export type WaitingRun = Output<'queue.get'>['waiting'][number];

/** What runs and what waits: as it is, and as it is shown while a person is in the list. */
export class Queue {
  running: RunningRun[] = $state.raw([]);
  waiting: WaitingRun[] = $state.raw([]);
  isLoaded = $state(false);
  readonly runningRows = new HeldList<RunningRun>();
  readonly waitingRows = new HeldList<WaitingRun>();
  /** How the runs ended whose rows are still shown. */
  ended: ReadonlyMap<number, RunState> = $state.raw(new Map());
  #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Returns stop. */
  start(onError: (error: unknown) => void): () => void {
    return this.#backend.follow(['queue.changed', 'run.changed'], () => this.read(), onError);
  }

  /** The hints call it; who changed something may, to see at once what came of it. */
  async read(): Promise<void> {
    const { running, waiting } = await this.#backend.call('queue.get', {});
    this.running = running;
    this.waiting = waiting;
    this.runningRows.update(running);
    this.waitingRows.update(waiting);
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
