import { stat, statfs } from 'node:fs/promises';
import type { Check, Freed as FreedView, JobStorage, Storage } from '../../api/api.ts';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { Freed, JobTotals } from '../store/retention-store.ts';
import { Slices } from '../slices.ts';
import { sizeInWords } from '../size-words.ts';
import { sumOf } from '../store/run-sizes.ts';
import type { Retention } from './retention.ts';

export interface StorageViewPorts {
  readonly clock: Clock;
  readonly retention: Retention;
  readonly dataFolder: string;
  readonly database: string;
  /** Whether there is a file of it. */
  isKnown(job: string): boolean;
  /** The job of a run, for the folders that are named by runs. */
  jobOf(runId: number): string | undefined;
  /** How many containers of a job's runs are kept for a look inside. */
  keptContainers(): ReadonlyMap<string, number>;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Walking through checkouts takes time, and they come and go with the runs. */
const WALK_EVERY_MS = 30_000;

interface Checkouts {
  readonly at: number;
  readonly worktrees: ReadonlyMap<string, number>;
  readonly repos: ReadonlyMap<string, number>;
}

/** The ledger: what each job and each thing that jobs share takes of the disk, and what retention gave back. */
export class StorageView {
  readonly #ports: StorageViewPorts;
  #checkouts: Checkouts | undefined;

  constructor(ports: StorageViewPorts) {
    this.#ports = ports;
  }

  async list(): Promise<Storage> {
    const { clock, retention, dataFolder, database, isKnown, keptContainers } = this.#ports;
    const now = clock.now();
    const [{ totals, freed }, checkouts, disk, databaseBytes] = await Promise.all([
      retention.work.overview({ freedSince: now - DAY_MS }),
      this.#lookAtCheckouts(now),
      statfs(dataFolder),
      Promise.all([database, `${database}-wal`].map(sizeOf)),
    ]);
    // What came from the thread was unpacked in this turn.
    const slices = new Slices();
    await slices.rest();
    const worktrees = this.#byJob(checkouts.worktrees);
    const containers = keptContainers();
    const names = new Set([...totals.keys(), ...worktrees.keys(), ...containers.keys()]);
    const jobs: JobStorage[] = [];
    for (const job of names) {
      if (slices.isOver) await slices.rest();
      const more = {
        isGone: !isKnown(job),
        keep: retention.keepOf(job),
        worktreeBytes: worktrees.get(job) ?? 0,
        keptContainers: containers.get(job) ?? 0,
      };
      jobs.push(jobStorage(job, totals.get(job), more));
    }
    await slices.rest();
    return {
      jobs: jobs.sort((a, b) => b.bytes - a.bytes || b.runs - a.runs || (a.job < b.job ? -1 : 1)),
      databaseBytes: total(databaseBytes),
      repoBytes: total(checkouts.repos.values()),
      freed: { ...freedView(freed), sinceAt: now - DAY_MS },
      disk: { freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize },
      refused: [...retention.refused],
    };
  }

  /** In words, for `doctor`. Not well where files could not be removed: nobody else will. */
  async check(): Promise<Check> {
    const { freed, disk, refused } = await this.list();
    const free = `${sizeInWords(disk.freeBytes)} of ${sizeInWords(disk.totalBytes)} are free.`;
    if (refused.length > 0) {
      const message = `${free} Files of removed runs could not be removed: ${refused.join('; ')}. Remove them as their owner.`;
      return { name: 'storage', isOk: false, message };
    }
    const runs = `${freed.runs} ${freed.runs === 1 ? 'run' : 'runs'}`;
    const gone = `In the last 24 hours ${runs} went by \`keep\`, ${sizeInWords(freed.bytes)}.`;
    return { name: 'storage', isOk: true, message: freed.runs === 0 ? free : `${free} ${gone}` };
  }

  async cleanUp(): Promise<FreedView> {
    this.#mustLead();
    return freedView(await this.#ports.retention.cleanUp());
  }

  async removeHistory(job: string): Promise<FreedView> {
    this.#mustLead();
    const { totals } = await this.#ports.retention.work.overview({ freedSince: 0 });
    if (!totals.has(job)) throw new Failure('no-history', `No run of ${job} has ended; there is nothing to remove.`);
    return freedView(await this.#ports.retention.removeHistory(job));
  }

  #mustLead(): void {
    if (this.#ports.retention.mayRemove) return;
    throw new Failure('draining', 'This Nightjar is ending and removes nothing any more. Ask the one that took over.');
  }

  async #lookAtCheckouts(now: number): Promise<Checkouts> {
    const known = this.#checkouts;
    if (known !== undefined && Math.abs(now - known.at) < WALK_EVERY_MS) return known;
    const { work } = this.#ports.retention;
    const [worktrees, repos] = await Promise.all([
      work.sizesIn({ folder: 'worktrees' }),
      work.sizesIn({ folder: 'repos' }),
    ]);
    return (this.#checkouts = { at: now, worktrees, repos });
  }

  #byJob(worktrees: ReadonlyMap<string, number>): Map<string, number> {
    const jobs = new Map<string, number>();
    for (const [name, bytes] of worktrees) {
      const job = /^\d+$/.test(name) ? this.#ports.jobOf(Number(name)) : undefined;
      if (job !== undefined) jobs.set(job, (jobs.get(job) ?? 0) + bytes);
    }
    return jobs;
  }
}

function jobStorage(
  job: string,
  totals: JobTotals | undefined,
  more: Pick<JobStorage, 'isGone' | 'keep' | 'worktreeBytes' | 'keptContainers'>,
): JobStorage {
  const sizes = totals?.sizes ?? { log: 0, stats: 0, artifacts: 0 };
  return {
    job,
    runs: totals?.runs ?? 0,
    skips: totals?.skips ?? 0,
    bytes: sumOf(sizes) + more.worktreeBytes,
    logBytes: sizes.log,
    statsBytes: sizes.stats,
    artifactBytes: sizes.artifacts,
    ...more,
  };
}

function freedView({ runs, sizes, containers }: Freed): FreedView {
  return {
    runs,
    containers,
    bytes: sumOf(sizes),
    logBytes: sizes.log,
    statsBytes: sizes.stats,
    artifactBytes: sizes.artifacts,
  };
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

function total(bytes: Iterable<number>): number {
  let sum = 0;
  for (const one of bytes) sum += one;
  return sum;
}
