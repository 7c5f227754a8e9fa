import type { EventData, EventName } from '../api/api.ts';
import type { SchedulerListener } from './scheduler.ts';

/** Who listens, and what is told to them. A listener that throws keeps neither the others nor a run from going on. */
export class Hints {
  readonly #listeners = new Set<SchedulerListener>();
  readonly #onBug: (error: unknown) => void;

  constructor(onBug: (error: unknown) => void) {
    this.#onBug = onBug;
  }

  on(listener: SchedulerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit<E extends EventName>(event: E, key: number | undefined, data: EventData<E>): void {
    for (const listener of this.#listeners) {
      try {
        listener(event, key, data);
      } catch (error) {
        this.#onBug(error);
      }
    }
  }
}
