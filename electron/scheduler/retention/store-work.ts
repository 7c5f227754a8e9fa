import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { DEFAULT_KEEP } from '../job-file/definition.ts';
import { addFreed, NOTHING_FREED, REST_MS, RetentionStore } from '../store/retention-store.ts';
import type { Freed, JobTotals } from '../store/retention-store.ts';
import { sumOf } from '../store/run-sizes.ts';
import { ScheduleStore } from '../store/schedule-store.ts';
import { removeHistory, retainJob, storeSizes, type Keep, type Removal, type Retained } from './retain-job.ts';
import { RunFiles } from './run-files.ts';

export interface RetainInput {
  readonly now: number;
  /** Null: all. */
  readonly jobs: readonly string[] | null;
  /** Of jobs whose `keep` is not the default. */
  readonly keeps: readonly (readonly [job: string, keep: Keep])[];
  readonly isAgeDue: boolean;
  /** Where the call before stopped. */
  readonly fromJob?: string | undefined;
}

export interface RetainAnswer {
  readonly freed: Freed;
  /** Jobs that lost runs. */
  readonly jobs: readonly string[];
  readonly refused: readonly string[];
  /** Where to go on; null: all is done. */
  readonly nextJob: string | null;
}

export interface Overview {
  readonly totals: ReadonlyMap<string, JobTotals>;
  readonly freed: Freed;
}

/**
 * The work on a data folder that may be long: all of it a function of what is stored. Done here or in a thread (store-thread.ts);
 * what goes in and out can be sent there. A call takes about two seconds at most and says where to go on.
 */
export interface StoreWork {
  retain(input: RetainInput): Promise<RetainAnswer>;
  /** All that has ended of one job. `isDone` false: call again. */
  removeHistory(input: { readonly job: string; readonly now: number }): Promise<Retained>;
  /** Stores the sizes of runs that have ended and were not measured; true when none is left. */
  measure(): Promise<boolean>;
  /** Files of runs that are no more, and rows that nobody will ask for again. */
  tidy(input: { readonly now: number }): Promise<Pick<Retained, 'freed' | 'refused'>>;
  overview(input: { readonly freedSince: number }): Promise<Overview>;
  /** Bytes of everything in a folder of the data folder, by the names of its first level. */
  sizesIn(input: { readonly folder: string }): Promise<ReadonlyMap<string, number>>;
  /** Moves what the write-ahead log has into the database, as far as no reader is in the way. Blocks nobody. */
  checkpoint(): Promise<void>;
}

const CALL_MS = 2_000;
/** Looking at jobs lets others have a turn so often. */
const TURN_MS = 8;
/** Some 500 pages of the write-ahead log, of the 16,384 at which the main process would have to move them. */
const RESTS_A_CHECKPOINT = 60;

/** `isStopping`: whoever asked wants to leave. What is under way is left where it may be. `isApart`: in a thread of its own. */
export function createStoreWork(
  db: Database,
  dataFolder: string,
  { isStopping, isApart }: { isStopping: () => boolean; isApart: boolean },
): StoreWork {
  const store = new RetentionStore(db);
  const schedules = new ScheduleStore(db);
  const files = new RunFiles(dataFolder);
  const removal = (now: number): Removal => {
    const end = performance.now() + CALL_MS;
    return { store, files, now, isStopping: () => isStopping() || performance.now() >= end, rest };
  };
  let rests = 0;
  const rest = async (): Promise<void> => {
    rests += 1;
    if (isApart && rests % RESTS_A_CHECKPOINT === 0) checkpoint();
    await delay(REST_MS);
  };
  const checkpoint = (): void => void db.pragma('wal_checkpoint(PASSIVE)');

  return {
    async retain({ now, jobs, keeps, isAgeDue, fromJob }) {
      const keepOf = new Map(keeps);
      const totals = jobs === null ? store.totals() : new Map(jobs.map((job) => [job, store.totalsOf(job)]));
      const work = removal(now);
      let freed = NOTHING_FREED;
      const touched: string[] = [];
      const refused: string[] = [];
      let turnAt = performance.now() + TURN_MS;
      for (const job of [...totals.keys()].sort()) {
        if (fromJob !== undefined && job < fromJob) continue;
        if (performance.now() >= turnAt) {
          if (work.isStopping()) return { freed, jobs: touched, refused, nextJob: job };
          await turn();
          turnAt = performance.now() + TURN_MS;
        }
        const keep = keepOf.get(job) ?? DEFAULT_KEEP;
        if (!isAgeDue && !isOver(totals.get(job) as JobTotals, keep)) continue;
        const answer = await retainJob(job, keep, isAgeDue, work);
        freed = addFreed(freed, answer.freed);
        refused.push(...answer.refused);
        if (answer.freed.runs > 0) touched.push(job);
        if (!answer.isDone) return { freed, jobs: touched, refused, nextJob: job };
      }
      return { freed, jobs: touched, refused, nextJob: null };
    },
    removeHistory: ({ job, now }) => removeHistory(job, removal(now)),
    async measure() {
      const end = performance.now() + CALL_MS;
      for (let after = 0; ;) {
        const ids = store.unmeasured(after);
        if (ids.length === 0) return true;
        await storeSizes(
          { store, rest },
          await Promise.all(ids.map(async (id) => ({ id, ...(await files.measure(id)) }))),
        );
        after = ids.at(-1) as number;
        if (isStopping() || performance.now() >= end) return false;
      }
    },
    async tidy({ now }) {
      const { folders, sizes, refused } = await files.sweep(
        { between: (from, to) => store.idsBetween(from, to), lastId: store.lastId },
        isStopping,
      );
      const freed = { ...NOTHING_FREED, sizes };
      if (folders > 0) store.noteFreed('', now, freed);
      store.pruneFreed(now);
      while (!isStopping() && schedules.pruneOccurrences(now) > 0) await rest();
      schedules.pruneUnseen(now);
      return { freed, refused };
    },
    async overview({ freedSince }) {
      return { totals: store.totals(), freed: store.freedSince(freedSince) };
    },
    sizesIn: ({ folder }) => files.sizesIn(folder),
    async checkpoint() {
      checkpoint();
    },
  };
}

/** Whether anything of the job can go for its count or its size. */
function isOver({ runs, skips, sizes }: JobTotals, keep: Keep): boolean {
  return runs > keep.runs || skips > keep.runs || sumOf(sizes) > keep.bytes;
}
