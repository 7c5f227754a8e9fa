import type { Secrets as Listed } from '../../electron/api/api.ts';
import type { Backend } from '../client/backend.ts';

/** Which secrets there are and which are missing, and where they are kept. Never a value. */
export class Secrets {
  /** Null until the first answer. */
  value: Listed | null = $state.raw(null);
  /** Why they cannot be listed: the file of secrets is damaged. */
  problem: string | null = $state(null);
  #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  missing = $derived.by(() => (this.value?.secrets ?? []).filter(({ store }) => store === null));

  /** Returns stop. */
  start(): () => void {
    return this.#backend.follow(
      ['secrets.changed', 'jobs.changed'],
      async () => {
        this.value = await this.#backend.call('secrets.list', {});
        this.problem = null;
      },
      (error) => (this.problem = error instanceof Error ? error.message : String(error)),
    );
  }
}
