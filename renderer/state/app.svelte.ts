import type { Backend } from '../client/backend.ts';
import { Announcer } from './announcer.svelte.ts';
import type { Job, Run } from '../../electron/api/api.ts';
import { Away } from './away.svelte.ts';
import { Commands } from './commands.svelte.ts';
import { Dialogs } from './dialogs.svelte.ts';
import { Failures } from './failures.svelte.ts';
import { Jobs } from './jobs.svelte.ts';
import { listenToKeys } from './keys.ts';
import { Now } from './now.svelte.ts';
import { renewLostParts } from '../client/lost-parts.ts';
import { Queue } from './queue.svelte.ts';
import { Route } from './route.svelte.ts';
import { HostStatus } from './status.svelte.ts';
import { Toasts } from './toasts.svelte.ts';

/** All that lives as long as the window; handed to the views as one prop. */
export class App {
  readonly backend: Backend;
  readonly route = new Route();
  readonly now = new Now();
  readonly toasts = new Toasts();
  readonly announcer = new Announcer();
  readonly dialogs = new Dialogs();
  readonly commands: Commands;
  readonly status: HostStatus;
  readonly jobs: Jobs;
  readonly queue: Queue;
  readonly away: Away;

  constructor(backend: Backend) {
    this.backend = backend;
    this.commands = new Commands(backend, this.toasts);
    this.status = new HostStatus(backend, this.now);
    const failures = new Failures({
      isTold: () => this.status.value?.host === 'desktop',
      isSeen: (run, job, number) => {
        const { current } = this.route;
        return current.view === 'run' && (current.run === String(run) || current.run === `${job}#${number}`);
      },
      errorOf: async (run) => (await backend.call('runs.get', { run })).error,
      tell: (text, run) =>
        this.toasts.say(text, {
          tone: 'fail',
          about: run.id,
          action: { label: 'Show log', run: () => void this.#show(run) },
        }),
    });
    this.jobs = new Jobs(backend, (list) => failures.look(list));
    this.queue = new Queue(backend);
    this.away = new Away(this);
  }

  /** A job that has parameters is never run without asking for them. */
  runNext(job: Job): void {
    if (job.params.length > 0) this.dialogs.askParams(job);
    else void this.commands.runNext(job.id);
  }

  async #show(run: Pick<Run, 'id' | 'state'>): Promise<void> {
    location.hash = await this.commands.addressOf(run);
  }

  /** Resolves when all that the window shows first has been read. */
  whenRead(): Promise<void> {
    return new Promise((resolve) => {
      const stop = $effect.root(() => {
        $effect(() => {
          if (this.status.value === null || !this.jobs.isLoaded || !this.queue.isLoaded) return;
          resolve();
          queueMicrotask(() => stop());
        });
      });
    });
  }

  /** Returns stop. */
  start(): () => void {
    const onError = (error: unknown) => this.toasts.fail(error);
    const stops = [
      this.route.start(),
      this.now.start(),
      listenToKeys(this),
      renewLostParts((sentence) => this.toasts.say(sentence, { tone: 'fail' })),
      this.status.start(onError),
      this.queue.start(onError),
      this.jobs.start(onError),
    ];
    return () => {
      stops.forEach((stop) => stop());
      this.backend.close();
    };
  }
}
