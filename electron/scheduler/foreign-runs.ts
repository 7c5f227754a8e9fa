import type { Database } from 'better-sqlite3';
import type { JobQueue } from './queue/job-queue.ts';
import type { RunHistory } from './store/run-history.ts';

/** New runs that are told of one by one; of more, the queue's own hint is enough. */
const NEW_RUNS_TOLD = 100;

export interface ForeignRunsPorts {
  readonly db: Database;
  readonly instance: string;
  readonly queue: JobQueue;
  readonly history: RunHistory;
  readonly linesOf: (runId: number) => number;
}

/** What a look found; `isNews`: something in the database changed that is not ours. */
export interface ForeignNews {
  readonly isRunning: boolean;
  readonly isNews: boolean;
  /** Runs that began, ended or changed, with their jobs. */
  readonly changed: readonly { readonly id: number; readonly job: string }[];
  readonly grown: readonly { readonly id: number; readonly lines: number }[];
}

/**
 * The runs of other instances on the same data folder: of an older one that drains, of a command line. Nobody tells us what
 * becomes of them, so it is found by looking; where nobody else wrote, a look costs one pragma.
 */
export class ForeignRuns {
  readonly #ports: ForeignRunsPorts;
  #version: unknown;
  #newestId: number;
  /** By id: the job, and how long the log was. */
  #running = new Map<number, { job: string; lines: number }>();

  constructor(ports: ForeignRunsPorts) {
    this.#ports = ports;
    this.#newestId = this.#newest();
  }

  look(): ForeignNews {
    const { db, instance, queue, history, linesOf } = this.#ports;
    const version = db.pragma('data_version', { simple: true });
    const isNews = version !== this.#version;
    const changed = new Map<number, string>();
    if (isNews) {
      this.#version = version;
      for (const [id, { job }] of this.#running) changed.set(id, job);
      const others = queue.running().filter(({ owner }) => owner !== instance);
      this.#running = new Map(others.map(({ id, job }) => [id, { job, lines: this.#running.get(id)?.lines ?? 0 }]));
      const before = this.#newestId;
      this.#newestId = this.#newest();
      const newest = this.#newestId > before ? history.listRuns({}, { limit: NEW_RUNS_TOLD }) : [];
      const fresh = newest.filter(({ id, owner }) => id > before && owner !== instance);
      for (const { id, job } of [...others, ...fresh]) changed.set(id, job);
    }
    const grown = [];
    for (const [id, known] of this.#running) {
      const lines = linesOf(id);
      if (lines === known.lines) continue;
      known.lines = lines;
      grown.push({ id, lines });
    }
    return {
      isRunning: this.#running.size > 0,
      isNews,
      changed: [...changed].map(([id, job]) => ({ id, job })),
      grown,
    };
  }
  #newest(): number {
    return this.#ports.history.listRuns({}, { limit: 1 })[0]?.id ?? 0;
  }
}
