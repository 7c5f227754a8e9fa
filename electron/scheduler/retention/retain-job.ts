import type { JobDefinition } from '../job-file/definition.ts';
import { addFreed, NOTHING_FREED } from '../store/retention-store.ts';
import type { Candidate, Choice, Freed, RetentionStore } from '../store/retention-store.ts';
import { sumOf, type RunSizes } from '../store/run-sizes.ts';
import type { RunFiles } from './run-files.ts';

export type Keep = JobDefinition['keep'];

/** What it takes to remove a run: its row, its files, and the moment. */
export interface Removal {
  readonly store: RetentionStore;
  readonly files: RunFiles;
  readonly now: number;
  /** Whether to leave the rest for later. Asked between chunks. */
  isStopping(): boolean;
  /** Between two transactions, so that whoever waits for the database has it. */
  rest(): Promise<void>;
}

export interface Retained {
  readonly freed: Freed;
  /** False where `isStopping` came first. */
  readonly isDone: boolean;
  /** Files that could not be removed, each with the reason. */
  readonly refused: readonly string[];
}

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Failures as `on_failure` knows them. */
const FAILURES = ['failed', 'timed-out'];

/**
 * Removes of a job's ended runs what its `keep` no longer holds: what is beyond the count, what ended too long ago (where the clock
 * is believed, `isAgeDue`), and the oldest while the files of all are too large. The last success and the last failure stay
 * (product.md, Retention), and for its size alone the newest run does: somebody may be reading why it was cancelled.
 *
 * Rows go first and files after them. A crash in between leaves files that nobody names, which the sweep finds; the other way
 * round it would leave a run with an empty log.
 */
export async function retainJob(job: string, keep: Keep, isAgeDue: boolean, removal: Removal): Promise<Retained> {
  const { store, now } = removal;
  const except = [store.lastIn(job, ['succeeded']), store.lastIn(job, FAILURES)].filter((id) => id !== undefined);
  const work = new Work(job, removal);
  for (const kind of ['runs', 'skips'] as const) {
    const upToId = store.idAt(job, kind, keep.runs);
    if (upToId !== undefined) await work.removeAll({ kind, upToId, afterId: 0, except });
  }
  if (isAgeDue) await work.removeAll({ kind: 'all', endedBefore: now - keep.days * DAY_MS, afterId: 0, except });
  const excess = (): number => sumOf(store.totalsOf(job).sizes) - keep.bytes;
  if (excess() > 0) {
    const newest = store.idAt(job, 'runs', 0);
    await work.removeAll(
      { kind: 'runs', afterId: 0, except: [...except, ...(newest === undefined ? [] : [newest])] },
      excess,
    );
  }
  return work.result;
}

/** In as many short transactions as it takes. */
export async function storeSizes(
  { store, rest }: Pick<Removal, 'store' | 'rest'>,
  sizes: readonly (RunSizes & { readonly id: number })[],
): Promise<void> {
  for (let done = 0; done < sizes.length;) {
    done += store.measured(sizes.slice(done));
    await rest();
  }
}

/** Removes all that has ended of a job, its last success and failure included. */
export async function removeHistory(job: string, removal: Removal): Promise<Retained> {
  const work = new Work(job, removal);
  await work.removeAll({ kind: 'all', afterId: 0, except: [] });
  return work.result;
}

class Work {
  readonly #job: string;
  readonly #removal: Removal;
  #freed = NOTHING_FREED;
  #isDone = true;
  readonly #refused: string[] = [];

  constructor(job: string, removal: Removal) {
    this.#job = job;
    this.#removal = removal;
  }

  get result(): Retained {
    return { freed: this.#freed, isDone: this.#isDone, refused: this.#refused };
  }

  /** Oldest first; with `excess`, only while there is one. */
  async removeAll(choice: Choice, excess?: () => number): Promise<void> {
    const { store, files, now, isStopping, rest } = this.#removal;
    for (let { afterId } = choice; this.#isDone;) {
      const chunk = store.candidates(this.#job, { ...choice, afterId });
      if (chunk.length === 0) return;
      afterId = chunk.at(-1)?.id ?? afterId;
      const measured = await this.#measured(chunk);
      let ids = excess === undefined ? chunk.map(({ id }) => id) : enough(measured, excess());
      const isLast = ids.length < chunk.length;
      while (ids.length > 0) {
        if (isStopping()) {
          this.#isDone = false;
          return;
        }
        const { done, removed, freed } = store.remove(this.#job, ids, now);
        ids = ids.slice(done);
        this.#freed = addFreed(this.#freed, freed);
        this.#refused.push(...(await Promise.all(removed.map((id) => files.remove(id)))).flat());
        await rest();
      }
      if (isLast) return;
    }
  }

  /** What goes is told with its size. */
  async #measured(chunk: readonly Candidate[]): Promise<(RunSizes & { id: number })[]> {
    const { files } = this.#removal;
    const sizes = await Promise.all(
      chunk.map(async (run) => ({ id: run.id, ...(run.sizes ?? (await files.measure(run.id))) })),
    );
    await storeSizes(
      this.#removal,
      sizes.filter((_, index) => chunk[index]?.sizes === null),
    );
    return sizes;
  }
}

/** As many of these, in order, as it takes to get rid of an excess. */
function enough(runs: readonly (RunSizes & { id: number })[], excess: number): number[] {
  const ids: number[] = [];
  let left = excess;
  for (const run of runs) {
    if (left <= 0) break;
    const bytes = sumOf(run);
    if (bytes === 0) continue;
    left -= bytes;
    ids.push(run.id);
  }
  return ids;
}
