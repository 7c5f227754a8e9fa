import type { Database } from 'better-sqlite3';
import type { Clock } from '../clock.ts';
import { DEFAULT_KEEP } from '../job-file/definition.ts';
import { KeepStore } from '../store/keep-store.ts';
import { addFreed, NOTHING_FREED, RetentionStore } from '../store/retention-store.ts';
import type { Freed } from '../store/retention-store.ts';
import { turn } from '../turn.ts';
import { isAgeDue, isLookDue } from './look.ts';
import type { Keep } from './retain-job.ts';
import { RunFiles } from './run-files.ts';
import { StoreThread } from './store-thread.ts';
import { createStoreWork, type RetainAnswer, type StoreWork } from './store-work.ts';

export interface RetentionPorts {
  readonly clock: Clock;
  readonly db: Database;
  readonly dataFolder: string;
  readonly startedAt: number;
  /** Whether this instance is the one that schedules: nobody else removes anything. */
  isLeading(): boolean;
  /** What the jobs say now, those left out that say nothing: a file that never was valid. */
  keeps(): Iterable<readonly [job: string, keep: Keep]>;
  /** Of one of them. */
  keepOf(job: string): Keep | undefined;
  /** Runs of these jobs are gone. */
  removed(jobs: readonly string[]): void;
  /** There are other sizes to show. */
  storageChanged(): void;
  bug(error: unknown): void;
}

/** So many runs, by their ids, are looked through here in a few milliseconds; a thread for them would cost more. */
const FEW_RUNS = 2_000;
/** A run's end sends as many others away, or one more where a skip came too; more are work for the thread. */
const FEW_AT_ONCE = 8;
/** A job's walk through so many rows of an index takes well under a millisecond. */
const FEW_KEPT = 1_000;
/** Rows written between two checkpoints by the thread. So the log never grows to where a commit here would checkpoint it by itself. */
const CHECKPOINT_CHANGES = 500;
/** As many as make some MiB of log, where few runs need no thread: it is begun for the checkpoint alone. */
const LONE_CHECKPOINT_CHANGES = 5_000;
const REFUSED_TOLD = 10;

/**
 * Decides when runs go, and sees to it: after the end of a run of its job, every hour for all, when the disk is full, and when
 * somebody asks. One thing at a time. What may be long is done in a thread with a connection of its own (store-thread.ts); with
 * few runs the same work is done here.
 */
export class Retention {
  readonly #ports: RetentionPorts;
  readonly #store: RetentionStore;
  readonly #files: RunFiles;
  readonly #keepStore: KeepStore;
  readonly #here: StoreWork;
  readonly #thread: StoreThread;
  #keeps: Map<string, Keep>;
  #lookedAt = -Infinity;
  readonly #ended: { readonly id: number; readonly job: string }[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #isLooking = false;
  #isStopping = false;
  #checkpointed = 0;
  #refused: readonly string[] = [];

  constructor(ports: RetentionPorts) {
    const { db, dataFolder } = ports;
    this.#ports = ports;
    this.#store = new RetentionStore(db);
    this.#files = new RunFiles(dataFolder);
    this.#keepStore = new KeepStore(db);
    this.#here = createStoreWork(db, dataFolder, { isStopping: () => this.#isStopping, isApart: false });
    this.#thread = new StoreThread({ database: db.name, dataFolder });
    this.#keeps = this.#keepStore.all();
  }

  /** A run has ended, of whatever instance: its size is stored, and those go that it sends away. */
  runEnded(id: number, job: string): void {
    this.#ended.push({ id, job });
    // Those that end meanwhile are seen to together.
    if (this.#ended.length > 1) return;
    void this.#next(async () => {
      const ended = this.#ended.splice(0);
      const measured = ended.map(async (run) => {
        await turn();
        return { id: run.id, ...(await this.#files.measure(run.id)) };
      });
      this.#store.measured(await Promise.all(measured));
      for (const one of new Set(ended.map((run) => run.job))) if (this.mayRemove) await this.#retainAfter(one);
      this.#ports.storageChanged();
    }).catch((error: unknown) => this.#ports.bug(error));
  }

  /** Called often; looks at everything every hour, and checkpoints where much was written. */
  tick(): void {
    const now = this.#ports.clock.now();
    if (!this.mayRemove) return;
    this.#checkpoint();
    if (isLookDue({ startedAt: this.#ports.startedAt, lookedAt: this.#lookedAt }, now)) this.lookSoon();
  }

  /** As an hourly look, now: the disk is full, and what nobody keeps goes first. */
  lookSoon(): void {
    if (this.#isLooking || !this.mayRemove) return;
    this.#isLooking = true;
    this.#look(false)
      .catch((error: unknown) => this.#ports.bug(error))
      .finally(() => (this.#isLooking = false));
  }

  /** Looks at all jobs now, ages and leftovers included, and resolves with what that freed. */
  cleanUp(): Promise<Freed> {
    return this.#look(true);
  }

  /** Removes all ended runs of a job. */
  removeHistory(job: string): Promise<Freed> {
    return this.#next(async () => {
      let freed = NOTHING_FREED;
      for (let isDone = false; !isDone && !this.#isStopping;) {
        const answer = await this.#work.removeHistory({ job, now: this.#ports.clock.now() });
        ({ isDone } = answer);
        freed = addFreed(freed, answer.freed);
        this.#refusedBy(answer.refused);
      }
      this.#ports.removed([job]);
      this.#ports.storageChanged();
      return freed;
    });
  }

  keepOf(job: string): Keep {
    return this.#ports.keepOf(job) ?? this.#keeps.get(job) ?? DEFAULT_KEEP;
  }

  /** Where long questions about the history are answered. */
  get work(): StoreWork {
    return this.#work;
  }

  /** Files of removed runs that are still there, each with the reason; some of them where there are many. */
  get refused(): readonly string[] {
    return this.#refused;
  }

  /** Removes nothing from now on; resolves when nothing is being removed. Ends of runs are still measured. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([this.#turn, this.#thread.close()]);
  }

  /** Whether this instance removes anything: it schedules, and is not about to leave. */
  get mayRemove(): boolean {
    return !this.#isStopping && this.#ports.isLeading();
  }

  get #work(): StoreWork {
    return this.#isStopping || this.#store.idSpan <= FEW_RUNS ? this.#here : this.#thread;
  }

  #look(isAsked: boolean): Promise<Freed> {
    return this.#next(async () => {
      const now = this.#ports.clock.now();
      this.#lookedAt = now;
      this.#keepStore.see(this.#ports.keeps(), now);
      this.#keeps = this.#keepStore.all();
      const looks = { lookedAt: this.#keepStore.momentOf('looked'), agedAt: this.#keepStore.momentOf('aged') };
      const isAged = isAsked || isAgeDue(looks, now);
      const work = this.#work;
      while (!this.#isStopping && !(await work.measure()));
      let freed = await this.#retain(null, this.#keeps, isAged, work);
      if (isAged && !this.#isStopping) {
        const tidied = await work.tidy({ now });
        freed = addFreed(freed, tidied.freed);
        // The sweep has tried all that is left.
        this.#refused = tidied.refused.slice(0, REFUSED_TOLD);
        this.#keepStore.setMoment('aged', now);
      }
      if (!this.#isStopping) this.#keepStore.setMoment('looked', now);
      this.#ports.storageChanged();
      return freed;
    });
  }

  async #retainAfter(job: string): Promise<void> {
    const keep = this.keepOf(job);
    const { runs, skips } = this.#store.totalsOf(job);
    const isBrief = keep.runs <= FEW_KEPT && Math.max(runs, skips) - keep.runs <= FEW_AT_ONCE;
    await this.#retain([job], new Map([[job, keep]]), false, isBrief ? this.#here : this.#work);
  }

  async #retain(
    jobs: readonly string[] | null,
    keeps: ReadonlyMap<string, Keep>,
    isAged: boolean,
    work: StoreWork,
  ): Promise<Freed> {
    let freed = NOTHING_FREED;
    for (let fromJob: string | null = ''; fromJob !== null && this.mayRemove;) {
      const now = this.#ports.clock.now();
      const answer: RetainAnswer = await work.retain({ now, jobs, keeps: [...keeps], isAgeDue: isAged, fromJob });
      fromJob = answer.nextJob;
      freed = addFreed(freed, answer.freed);
      this.#refusedBy(answer.refused);
      if (answer.jobs.length > 0) this.#ports.removed(answer.jobs);
    }
    return freed;
  }

  #refusedBy(refused: readonly string[]): void {
    this.#refused = [...this.#refused, ...refused].slice(0, REFUSED_TOLD);
  }

  #checkpoint(): void {
    const changes = this.#store.changes;
    const enough = this.#work === this.#here ? LONE_CHECKPOINT_CHANGES : CHECKPOINT_CHANGES;
    if (changes - this.#checkpointed < enough) return;
    this.#checkpointed = changes;
    this.#thread.checkpoint().catch((error: unknown) => this.#ports.bug(error));
  }

  /** One after another. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}
