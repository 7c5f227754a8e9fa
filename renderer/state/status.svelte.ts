import type { Status } from '../../electron/api/api.ts';
import type { Backend, Connection } from '../client/backend.ts';
import type { Now } from './now.svelte.ts';

/** How long the sentence that all is well again stays. */
const BACK_SHOWN_MS = 3_000;

/** What is true of the whole: engine, pause, draining, counts. */
export class HostStatus {
  /** Null until the first answer. */
  value: Status | null = $state.raw(null);
  connection: Connection = $state('connecting');
  /** The engine was down a moment ago. */
  isEngineBack = $state(false);
  /** Since when the engine has been away, as far as this window has seen. */
  engineDownSince: number | null = $state(null);
  /** Runs that waited for the engine and go on. */
  resumed = $state(0);
  #waited = 0;
  #backend: Backend;
  #now: Now;

  constructor(backend: Backend, now: Now) {
    this.#backend = backend;
    this.#now = now;
  }

  isEngineDown = $derived.by(() => this.value?.engine.state === 'unavailable');
  isPaused = $derived.by(() => (this.value?.pause ?? null) !== null);
  isDesktop = $derived.by(() => this.value?.host === 'desktop');

  /** The jobs home as a person writes it. */
  home = $derived.by(() => (this.value?.jobsHome ?? '').replace(/^\/(?:home|Users)\/[^/]+(?=\/|$)/, '~'));

  /** Returns stop. */
  start(onError: (error: unknown) => void): () => void {
    const stops = [
      this.#backend.onConnection((connection) => (this.connection = connection)),
      this.#backend.follow(['status.changed', 'queue.changed'], () => this.#read(), onError),
    ];
    return () => stops.forEach((stop) => stop());
  }

  async #read(): Promise<void> {
    const before = this.value;
    const value = await this.#backend.call('status', {});
    this.#now.adjust(value.now, value.timezone);
    this.value = value;
    if (value.engine.state === 'unavailable') {
      this.engineDownSince ??= value.engine.triedAt ?? value.now;
      const { waiting, waitingCount } = await this.#backend.call('queue.get', {});
      const isAll = waiting.length === waitingCount;
      // A number that may be too small is not told.
      this.#waited = isAll ? waiting.filter((run) => run.cause === 'engine-unavailable').length : 0;
      return;
    }
    this.engineDownSince = null;
    if (before?.engine.state === 'unavailable') {
      this.resumed = this.#waited;
      this.isEngineBack = true;
      setTimeout(() => (this.isEngineBack = false), BACK_SHOWN_MS);
    }
  }
}
