import type { Job, Occurrence, OccurrenceBand } from '../../electron/api/api.ts';
import type { Backend } from '../client/backend.ts';
import { keepUnchanged } from './keep-unchanged.ts';

/** The timeline's reach. */
export const UPCOMING_HOURS = 48;

export type Folder = { name: string; jobs: Job[] };

/** Every job, in the order of folder and name, which no state ever changes. */
export class Jobs {
  list: Job[] = $state.raw([]);
  upcoming: Occurrence[] = $state.raw([]);
  /** Of the jobs that are due too often to tell each occurrence. */
  bands: OccurrenceBand[] = $state.raw([]);
  isLoaded = $state(false);
  /** What the sidebar's filter says. */
  filter = $state('');
  /** The chosen job stays chosen whatever the main area shows. */
  chosen: string | null = $state(null);
  #backend: Backend;
  readonly #onList: (list: readonly Job[]) => void;

  constructor(backend: Backend, onList: (list: readonly Job[]) => void = () => {}) {
    this.#backend = backend;
    this.#onList = onList;
  }

  byId: Map<string, Job> = $derived.by(() => new Map(this.list.map((job) => [job.id, job])));

  found: Job[] = $derived.by(() => {
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return this.list;
    return this.list.filter((job) =>
      words.every((word) => `${job.id} ${job.pipelineName}`.toLowerCase().includes(word)),
    );
  });

  folders: Folder[] = $derived.by(() => {
    const folders = new Map<string, Job[]>();
    for (const job of this.found) {
      const folder = folderOf(job.id);
      folders.set(folder, [...(folders.get(folder) ?? []), job]);
    }
    return [...folders].map(([name, jobs]) => ({ name, jobs }));
  });

  #invalid: Job[] = $derived.by(() =>
    this.list.filter((job) => job.problems.some((problem) => problem.severity === 'error')),
  );
  problems: number = $derived.by(() => this.#invalid.length);
  /** Its file. */
  firstProblem: string | null = $derived.by(() => this.#invalid[0]?.file ?? null);

  /** Hourly or more often: what drowns the rest of a history. */
  frequent: string[] = $derived.by(() => {
    const dues = Map.groupBy(this.upcoming, (one) => one.job);
    const often = [...dues].filter(([, all]) => all.length >= UPCOMING_HOURS - 1).map(([job]) => job);
    return [...new Set([...often, ...this.bands.map(({ job }) => job)])];
  });
  /** The job that is due next, paused ones left out. */
  next: Job | null = $derived.by(() =>
    this.list.reduce<Job | null>(
      (next, job) => (job.nextDueAt !== null && job.nextDueAt < (next?.nextDueAt ?? Infinity) ? job : next),
      null,
    ),
  );

  /** Returns stop. */
  start(onError: (error: unknown) => void): () => void {
    const stops = [
      this.#backend.follow(['jobs.changed', 'queue.changed'], () => this.#readJobs(), onError),
      // Two days of occurrences are thousands: a queue that moves is no reason to read them.
      this.#backend.follow(['jobs.changed'], () => this.lookAhead(), onError),
    ];
    return () => stops.forEach((stop) => stop());
  }

  async #readJobs(): Promise<void> {
    const list = await this.#backend.call('jobs.list', {});
    this.list = keepUnchanged(this.list, list.sort(byFolderAndName));
    this.isLoaded = true;
    this.#onList(this.list);
  }

  /** Reads the coming occurrences anew. */
  async lookAhead(): Promise<void> {
    const { occurrences, bands } = await this.#backend.call('jobs.upcoming', { hours: UPCOMING_HOURS });
    [this.upcoming, this.bands] = [occurrences, bands];
  }
}

/** The folders as far as their first `count` jobs go. */
export function firstOf(folders: readonly Folder[], count: number): Folder[] {
  const first: Folder[] = [];
  for (const { name, jobs } of folders) {
    if (count <= 0) break;
    first.push(jobs.length <= count ? { name, jobs } : { name, jobs: jobs.slice(0, count) });
    count -= jobs.length;
  }
  return first;
}

export const folderOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('/')));
export const nameOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

function byFolderAndName(a: Job, b: Job): number {
  return folderOf(a.id).localeCompare(folderOf(b.id)) || nameOf(a.id).localeCompare(nameOf(b.id));
}
