import type { Input, Method, Output, Run } from '../../electron/api/api.ts';
import type { Backend } from '../client/backend.ts';
import { formatAddress } from './address.ts';
import type { Toasts } from './toasts.svelte.ts';

/** What a person can do from anywhere. A refusal is shown as the sentence it came with; nothing here throws. */
export class Commands {
  #backend: Backend;
  #toasts: Toasts;

  constructor(backend: Backend, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
  }

  /** Undefined where it was refused, which the person has then been told. */
  async attempt<M extends Method>(method: M, input: Input<M>): Promise<Output<M> | undefined> {
    try {
      return await this.#backend.call(method, input);
    } catch (error) {
      this.#toasts.fail(error);
      return undefined;
    }
  }

  /** For work of more than one call. */
  async report(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#toasts.fail(error);
    }
  }

  runNext(job: string, params: Record<string, string> = {}): Promise<Run | undefined> {
    return this.attempt('queue.next', { job, params });
  }

  first(run: number): Promise<Run | undefined> {
    return this.attempt('queue.first', { run });
  }

  move(run: number, to: number, place: 'before' | 'after'): Promise<Run | undefined> {
    return this.attempt('queue.move', { run, to, place });
  }

  cancel(run: number): Promise<Run | undefined> {
    return this.attempt('runs.cancel', { run });
  }

  again(
    run: number,
    definition: 'same' | 'current',
    from: 'start' | 'failed-step' = 'start',
  ): Promise<Run | undefined> {
    return this.attempt('runs.again', { run, definition, from });
  }

  /** After a profile was changed: says what jobs still miss of this machine's environment. */
  async lookAgain(): Promise<void> {
    const found = await this.attempt('lookAgain', {});
    if (found === undefined) return;
    const { missing } = found;
    if (missing.length === 0) this.#toasts.say('Every variable that a job requires is set.');
    else this.#toasts.say(`Not set: ${missing.join(', ')}. Set them in your shell's profile, then look again.`);
  }

  /** The address of a run's page; of one that failed, at the line to look at. */
  async addressOf(run: Pick<Run, 'id' | 'state'>): Promise<string> {
    let line: number | null = null;
    if (run.state === 'failed' || run.state === 'timed-out') {
      // The page is worth opening also where its log is gone.
      line = await this.#backend.call('log.firstError', { run: run.id }).then(
        // From 0 in a log, from 1 in an address and on the screen.
        ({ number }) => (number === null ? null : number + 1),
        () => null,
      );
    }
    return formatAddress({ view: 'run', run: String(run.id), task: null, line });
  }

  /** Of one job, or of all; until a moment, or until resumed. */
  async pause(job: string | undefined, untilAt: number | null): Promise<void> {
    await this.attempt('queue.pause', { job, untilAt });
  }

  async resume(job: string | undefined): Promise<void> {
    await this.attempt('queue.resume', { job });
  }

  async skip(job: string, dueAt: number): Promise<void> {
    await this.attempt('jobs.skip', { job, dueAt });
  }
}
