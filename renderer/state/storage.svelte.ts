import type { Freed, JobStorage, Storage as Listed } from '../../electron/api/api.ts';
import { plural } from '../format/number.ts';
import { formatSize } from '../format/size.ts';
import type { App } from './app.svelte.ts';

/** Jobs that are shown at first: those that take most. */
const SHOWN = 8;

/** Who takes how much of the disk, and what can be done about it. */
export class Storage {
  /** Null until the first answer. */
  value: Listed | null = $state.raw(null);
  isWorking = $state(false);
  isAllShown = $state(false);
  #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  jobs = $derived.by(() => (this.isAllShown ? this.value?.jobs : this.value?.jobs.slice(0, SHOWN)) ?? []);
  hidden = $derived.by(() => (this.value?.jobs.length ?? 0) - this.jobs.length);
  historyBytes = $derived.by(() => (this.value?.jobs ?? []).reduce((sum, { bytes }) => sum + bytes, 0));
  totalBytes = $derived.by(() => this.historyBytes + (this.value?.databaseBytes ?? 0) + (this.value?.repoBytes ?? 0));

  /** Returns stop. */
  start(): () => void {
    return this.#app.backend.follow(
      ['storage.changed'],
      async () => {
        this.value = await this.#app.backend.call('storage.list', {});
      },
      (error) => this.#app.toasts.fail(error),
    );
  }

  async cleanUp(): Promise<void> {
    this.isWorking = true;
    const freed = await this.#app.commands.attempt('storage.cleanUp', {});
    this.isWorking = false;
    if (freed)
      this.#app.toasts.say(freed.runs + freed.bytes === 0 ? 'Nothing to remove.' : `Freed ${freedWords(freed)}.`);
  }

  async removeHistory(job: string): Promise<void> {
    const freed = await this.#app.commands.attempt('storage.removeHistory', { job });
    if (freed) this.#app.toasts.say(`Removed the history of ${job}: ${freedWords(freed)}.`);
  }
}

/** `1.2 GB (34 runs, logs 310 MB, artifacts 890 MB)` */
export function freedWords({ runs, bytes, logBytes, artifactBytes, containers }: Freed): string {
  const parts = [
    ...(runs === 0 ? [] : [plural(runs, 'run')]),
    ...(logBytes === 0 ? [] : [`logs ${formatSize(logBytes)}`]),
    ...(artifactBytes === 0 ? [] : [`artifacts ${formatSize(artifactBytes)}`]),
    ...(containers === 0 ? [] : [plural(containers, 'kept container')]),
  ];
  return `${formatSize(bytes)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
}

/** What a job's history is made of, largest kinds first: `artifacts 296 MB, logs 182 MB`. */
export function kindWords(job: JobStorage): string {
  const kinds: [name: string, bytes: number][] = [
    ['logs', job.logBytes],
    ['artifacts', job.artifactBytes],
    ['measurements', job.statsBytes],
    ['checkouts', job.worktreeBytes],
  ];
  const sizes = kinds.filter(([, bytes]) => bytes > 0).sort((a, b) => b[1] - a[1]);
  const words = sizes.map(([name, bytes]) => `${name} ${formatSize(bytes)}`);
  if (job.keptContainers > 0) words.push(plural(job.keptContainers, 'kept container'));
  return words.join(', ');
}
