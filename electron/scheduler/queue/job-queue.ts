import type { Database, Statement, Transaction } from 'better-sqlite3';
import type { Trigger } from '../../api/words.ts';
import { Failure } from '../failure.ts';
import { OccurrenceBook } from '../store/occurrence-book.ts';
import type { OccurrenceKey } from '../store/occurrence-book.ts';
import { paramsText, RUN_COLUMNS, RUNNING, toRun } from '../store/run-record.ts';
import type { RunRecord, RunRow } from '../store/run-record.ts';
import { NewRuns, type NewRun, type ToEnqueue } from './new-runs.ts';
import { QueueOrder } from './queue-order.ts';

export type { NewRun, ToEnqueue };

/** What dispatching needs to know of a waiting run; a queue of thousands is looked through every few seconds. */
export interface WaitingRow {
  readonly id: number;
  readonly job: string;
  readonly number: number;
  readonly trigger: Trigger;
  readonly attempt: number;
  readonly attempts: number;
  readonly dueAt: number | null;
  readonly queuedAt: number;
  readonly notBeforeAt: number | null;
  readonly concurrencyGroup: string | null;
  /** What the definition can be cached under: never given twice. */
  readonly definitionId: number;
  readonly position: number;
}

export interface Retry {
  readonly id: number;
  /** The state that it leaves: `interrupted` where a crash ended it. */
  readonly from: 'running' | 'interrupted';
  readonly owner: string;
  readonly notBeforeAt: number;
  readonly reason: string;
}

/** Mostly the first few can begin, and nobody asks for more. */
const [FIRST_PAGE, PAGE] = [8, 200];

/**
 * The persistent queue: first in, first out, except that a run can be told to go next, and that a person may change the order
 * (queue-order.ts). Safe between instances: whatever two of them do at once, a run is claimed once and an occurrence queued once,
 * because each change names the state it expects and every change of more than one row holds the write lock from its beginning.
 */
export class JobQueue {
  readonly #db: Database;
  readonly #order: QueueOrder;
  readonly #newRuns: NewRuns;
  readonly #occurrences: OccurrenceBook;
  readonly #enqueue: Transaction<(toEnqueue: ToEnqueue) => RunRecord | undefined>;
  readonly #enqueueAll: Transaction<(batch: readonly ToEnqueue[]) => (number | undefined)[]>;
  readonly #get: Statement<[number], RunRow>;
  readonly #same: Statement<[string, string], number>;
  readonly #makeManual: Statement<[number]>;
  readonly #page: Statement<[number, number], WaitingRow>;
  readonly #running: Statement<[], RunRow>;
  readonly #countWaiting: Statement<[number], number>;
  readonly #active: Statement<[string], { queued: number; running: number }>;
  readonly #claim: Statement<[string, number, string], number>;
  readonly #cancelQueued: Statement<[string | null, number, number]>;
  readonly #requestCancel: Statement<[number, number]>;
  readonly #cancelRequests: Statement<[string], number>;
  readonly #retry: Statement<[Retry & { position: number }]>;
  readonly #putBack: Statement<[string, number, number, string]>;

  constructor(db: Database) {
    this.#db = db;
    this.#order = new QueueOrder(db);
    this.#newRuns = new NewRuns(db);
    this.#occurrences = new OccurrenceBook(db);
    this.#enqueue = db.transaction(({ run, occurrence }: ToEnqueue) => {
      const isOurs = occurrence === undefined || this.#occurrences.take(run.job, occurrence, this.#newRuns.nextId);
      return isOurs ? this.#newRuns.insert(run, this.#order.end()) : undefined;
    });
    this.#enqueueAll = db.transaction((batch: readonly ToEnqueue[]) => this.#insertAll(batch));
    this.#get = db.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`);
    this.#same = db
      .prepare<[string, string], number>(
        `SELECT id FROM runs INDEXED BY runs_active_of_job
         WHERE job = ? AND ended_at IS NULL AND state = 'queued' AND params = ?
           AND NOT EXISTS (SELECT 1 FROM task_runs
                           WHERE run_id = runs.id AND task_runs.state = 'succeeded' AND task_runs.started_at IS NULL)
         ORDER BY position LIMIT 1`,
      )
      .pluck();
    this.#makeManual = db.prepare(
      `UPDATE runs SET trigger = 'manual', not_before_at = NULL WHERE id = ? AND state = 'queued'`,
    );
    this.#page = db.prepare(`
      SELECT id, job, number, trigger, attempt, attempts, due_at AS dueAt, queued_at AS queuedAt, not_before_at AS notBeforeAt, concurrency_group AS concurrencyGroup,
        definition_id AS definitionId, position
      FROM runs INDEXED BY runs_waiting WHERE state = 'queued' AND position > ? ORDER BY position LIMIT ?`);
    this.#running = db.prepare(`SELECT ${RUN_COLUMNS} ${RUNNING} ORDER BY started_at, id`);
    const upTo = `FROM runs INDEXED BY runs_waiting WHERE state = 'queued' AND position <= ?`;
    this.#countWaiting = db.prepare<[number], number>(`SELECT count(*) ${upTo}`).pluck();
    this.#active = db.prepare(`
      SELECT count(*) FILTER (WHERE state = 'queued') AS queued, count(*) FILTER (WHERE state = 'running') AS running
      FROM runs INDEXED BY runs_active_of_job WHERE job = ? AND ended_at IS NULL`);
    this.#claim = db
      .prepare<[string, number, string], number>(
        `UPDATE runs SET state = 'running', owner = ?, started_at = ?, position = NULL, not_before_at = NULL, reason = NULL
         WHERE id IN (SELECT value FROM json_each(?)) AND state = 'queued' RETURNING id`,
      )
      .pluck();
    this.#cancelQueued = db.prepare(`
      UPDATE runs SET state = 'cancelled', reason = ?, ended_at = ?, position = NULL, not_before_at = NULL
      WHERE id = ? AND state = 'queued'`);
    this.#requestCancel = db.prepare(`
      UPDATE runs SET cancel_requested_at = coalesce(cancel_requested_at, ?) WHERE id = ? AND state = 'running'`);
    this.#cancelRequests = db
      .prepare<[string], number>(`SELECT id ${RUNNING} AND owner = ? AND cancel_requested_at IS NOT NULL`)
      .pluck();
    this.#retry = db.prepare(`
      UPDATE runs SET state = 'queued', attempt = attempt + 1, not_before_at = @notBeforeAt, reason = @reason,
        position = @position, owner = NULL, ended_at = NULL, exit_code = NULL, error = NULL
      WHERE id = @id AND state = @from AND owner = @owner AND cancel_requested_at IS NULL`);
    this.#putBack = db.prepare(`
      UPDATE runs SET state = 'queued', reason = ?, position = ?, owner = NULL, started_at = NULL
      WHERE id = ? AND state = 'running' AND owner = ? AND cancel_requested_at IS NULL`);
  }

  /**
   * To the end of the queue. With an occurrence: undefined where that occurrence was queued, or recorded as skipped, before.
   */
  enqueue(run: NewRun, occurrence?: OccurrenceKey): RunRecord | undefined {
    return this.#newRuns.inserting([run], () => this.#enqueue.immediate({ run, ...(occurrence && { occurrence }) }));
  }

  /** As `enqueue`, of many: all or none, in this order, in one transaction. The answers are the ids of the runs. */
  enqueueAll(batch: readonly ToEnqueue[]): (number | undefined)[] {
    const runs = batch.map(({ run }) => run);
    return this.#newRuns.inserting(runs, () => this.#enqueueAll.immediate(batch));
  }

  /**
   * Run next: to the absolute top, and the last of several is first. Where a run of the job waits with the same params, that one
   * moves in place of a second, unless it goes on from a failed step: that would not be the whole job. It counts as manual from then on and waits for no retry's moment: who says "next" means it, also
   * while the job is paused.
   */
  addFirst(run: NewRun): RunRecord {
    const add = this.#db.transaction(() => {
      const same = this.#same.get(run.job, paramsText(run.params));
      if (same === undefined) return this.#newRuns.insert(run, this.#order.top());
      this.#order.place(same, this.#order.top());
      this.#makeManual.run(same);
      return this.#getRun(same);
    });
    return this.#newRuns.inserting([run], () => add.immediate());
  }

  /** To the absolute top, as a run of its own whatever waits. `also` is told its id inside the same transaction. */
  insertFirst(run: NewRun, also: (id: number) => void): RunRecord {
    const add = this.#db.transaction(() => {
      const record = this.#newRuns.insert(run, this.#order.top());
      also(record.id);
      return record;
    });
    return this.#newRuns.inserting([run], () => add.immediate());
  }

  /** Run next of a run that waits: as `addFirst`. Failure `not-queued` where it does not wait any more. */
  moveFirst(id: number): RunRecord {
    return this.#db
      .transaction(() => {
        this.#assertQueued(id);
        this.#order.place(id, this.#order.top());
        this.#makeManual.run(id);
        return this.#getRun(id);
      })
      .immediate();
  }

  /** Right before or right after another waiting run. Failure `not-queued` where one of the two does not wait any more. */
  move(id: number, toId: number, place: 'before' | 'after'): RunRecord {
    return this.#db
      .transaction(() => {
        this.#assertQueued(id);
        this.#assertQueued(toId);
        if (id !== toId) this.#order.place(id, this.#order.beside(toId, place));
        return this.#getRun(id);
      })
      .immediate();
  }

  /** The waiting runs behind a position, or all, in order, read page by page: claim and cancel while walking, and stop early at no cost. */
  *waiting(behind = Number.MIN_SAFE_INTEGER): Generator<WaitingRow, void, undefined> {
    for (let [after, size] = [behind, FIRST_PAGE]; ; size = PAGE) {
      const page = this.#page.all(after, size);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < size) return;
      after = last.position;
    }
  }

  /** Of all instances, in the order of their starts. */
  running(): RunRecord[] {
    return this.#running.all().map(toRun);
  }

  /** All, or those up to a position, itself included. */
  countWaiting(upTo = Number.MAX_SAFE_INTEGER): number {
    return this.#countWaiting.get(upTo) as number;
  }

  isAnyWaiting(): boolean {
    return !this.#order.isEmpty();
  }

  /** How many runs of the job wait and run, of all instances. */
  activeOf(job: string): { queued: number; running: number } {
    return this.#active.get(job) as { queued: number; running: number };
  }

  /**
   * Makes a waiting run this owner's running one, which it may begin at once; undefined where it does not wait any more, because
   * another was quicker.
   *
   * A commit that survives a loss of power: a run of which the disk says "queued" would run a second time. SQLite takes the setting
   * outside of transactions only, so a claim is never part of another one.
   */
  claim(id: number, owner: string, at: number): RunRecord | undefined {
    this.#db.pragma('synchronous = FULL');
    try {
      return this.claimAll([id], owner, at).length === 1 ? this.#getRun(id) : undefined;
    } finally {
      this.#db.pragma('synchronous = NORMAL');
    }
  }

  /**
   * Claims in one commit those of the runs that still wait, and returns their ids in the order given. Nobody waits for the disk
   * here, so they must not begin before the log of the database is on it (wal-sync.ts): see `claim`.
   */
  claimAll(ids: readonly number[], owner: string, at: number): number[] {
    const claimed = new Set(this.#claim.all(owner, at, JSON.stringify(ids)));
    return ids.filter((id) => claimed.has(id));
  }

  /** False where it does not wait any more. */
  cancelQueued(id: number, reason: string | null, at: number): boolean {
    return this.#cancelQueued.run(reason, at, id).changes === 1;
  }

  /** Asks the run's owner, which may be another instance, to cancel it. False where it is not running. */
  requestCancel(id: number, at: number): boolean {
    return this.#requestCancel.run(at, id).changes === 1;
  }

  /**
   * The owner's running runs that are to be cancelled. A request stays with its run: it must outlive an owner that dies before it
   * obeys, so it is answered again until the run has ended, and a run that was asked for is never queued again.
   */
  cancelRequests(owner: string): number[] {
    return this.#cancelRequests.all(owner);
  }

  /**
   * A job's retry: the same run waits, at the end of the queue, for its next attempt. False where it is not in that state under
   * that owner any more, or its cancelling was asked for.
   */
  requeueForRetry(retry: Retry): boolean {
    return this.#db
      .transaction(() => this.#retry.run({ ...retry, position: this.#order.end() }).changes === 1)
      .immediate();
  }

  /** To the top again, as if it had never been claimed: its executor was not there after all. False as in `requeueForRetry`. */
  putBack(id: number, owner: string, reason: string): boolean {
    return this.#db
      .transaction(() => this.#putBack.run(reason, this.#order.top(), id, owner).changes === 1)
      .immediate();
  }

  #insertAll(batch: readonly ToEnqueue[]): (number | undefined)[] {
    const first = { id: this.#newRuns.nextId, ...this.#order.ends() };
    const taken = this.#occurrences.takeAll(batch, first.id);
    const ids = batch.map((_, index) => (taken.has(first.id + index) ? undefined : first.id + index));
    const run = (id: number | undefined, index: number) => (id === undefined ? undefined : batch[index]!.run);
    this.#newRuns.insertAll(ids.map(run), first);
    return ids;
  }

  #getRun(id: number): RunRecord {
    return toRun(this.#get.get(id) as RunRow);
  }

  #assertQueued(id: number): void {
    const run = this.#get.get(id);
    if (run?.state === 'queued') return;
    const name = run === undefined ? `Run ${id}` : `${run.job}#${run.number}`;
    const why = run === undefined ? 'is not known' : `is ${run.state}`;
    throw new Failure('not-queued', `${name} ${why}: only a run that waits can change its place in the queue.`);
  }
}
