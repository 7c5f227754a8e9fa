import type { Output } from '../../electron/api/api.ts';
import type { Backend } from '../client/backend.ts';

export type RunningRun = Output<'queue.get'>['running'][number];
export type WaitingRun = Output<'queue.get'>['waiting'][number];

/** What runs and what waits. */
export class Queue {
  running: RunningRun[] = $state.raw([]);
  waiting: WaitingRun[] = $state.raw([]);
  isLoaded = $state(false);
  #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Returns stop. */
  start(onError: (error: unknown) => void): () => void {
    return this.#backend.follow(['queue.changed', 'run.changed'], () => this.#read(), onError);
  }

  async #read(): Promise<void> {
    const { running, waiting } = await this.#backend.call('queue.get', {});
    this.running = running;
    this.waiting = waiting;
    this.isLoaded = true;
  }
}
