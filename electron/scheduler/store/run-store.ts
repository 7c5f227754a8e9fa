import type { Database, Statement } from 'better-sqlite3';
import type { RunState } from '../../api/words.ts';
import type { JobDefinition } from '../job-file/definition.ts';
import { assertChange } from '../run/run-state.ts';
import { newestOfJob, RUN_COLUMNS, RUNNING, toRun } from './run-record.ts';
import type { RunRecord, RunRow } from './run-record.ts';
import { parseStoredDefinition } from './stored-definition.ts';

/** How a run that was running ends. */
export type EndState = Exclude<RunState, 'queued' | 'running' | 'skipped'>;

export interface RunEnd {
  readonly id: number;
  /** The instance that ran it: nobody ends another instance's run by accident. */
  readonly owner: string;
  readonly state: EndState;
  readonly reason: string | null;
  /** What the failed task said. */
  readonly error?: string | null;
  readonly exitCode: number | null;
  readonly at: number;
}

export type LastEnded = Pick<RunRecord, 'id' | 'number'> & { readonly state: EndState; readonly endedAt: number };

const ACTIVE = 'FROM runs INDEXED BY runs_active_of_job WHERE ended_at IS NULL';

// A walk of the index alone; a skipped row says nothing about a job.
const LATEST_OUTCOMES = `
  FROM runs INDEXED BY runs_ended_of_job WHERE job = ? AND ended_at IS NOT NULL AND state <> 'skipped' ORDER BY id DESC LIMIT`;

/**
 * Runs, one at a time: what they are and how they end. Which runs wait, in what order, and the claim are JobQueue's; pages and
 * counts are RunHistory's; what was not run is SkipStore's.
 */
export class RunStore {
  readonly #get: Statement<[number], RunRow>;
  readonly #byNumber: Statement<[{ job: string; number: number }], RunRow>;
  readonly #runningOf: Statement<[string], number>;
  readonly #owners: Statement<[], string>;
  readonly #waitingJobs: Statement<[], string>;
  readonly #outcomes: Statement<[string, number], { id: number; state: EndState }>;
  readonly #last: Statement<[string], LastEnded>;
  readonly #downstream: Statement<[number], Pick<RunRecord, 'id' | 'job' | 'number' | 'state'>>;
  readonly #previous: Statement<[{ job: string; number: number }], Pick<RunRecord, 'id' | 'number' | 'state'>>;
  readonly #median: Statement<[string], number | null>;
  readonly #definition: Statement<[number], string>;
  readonly #end: Statement<[EndState, string | null, string | null, number | null, number, number, string]>;
  readonly #lastId: Statement<[], number>;
  readonly #lastNumber: Statement<[string], number>;
  readonly #adopt: Statement<[string, number, string]>;

  constructor(db: Database) {
    this.#get = db.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`);
    this.#byNumber = db.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ${newestOfJob('number = @number')}`);
    this.#runningOf = db.prepare<[string], number>(`SELECT id ${RUNNING} AND owner = ? ORDER BY id`).pluck();
    this.#owners = db.prepare<[], string>(`SELECT DISTINCT owner ${RUNNING}`).pluck();
    this.#waitingJobs = db
      .prepare<[], string>(
        // From one job to the next one, however many runs of it wait.
        `WITH RECURSIVE active (job) AS (
           SELECT min(job) ${ACTIVE} UNION ALL
           SELECT (SELECT min(job) ${ACTIVE} AND job > active.job) FROM active WHERE active.job IS NOT NULL)
         SELECT job FROM active WHERE EXISTS (SELECT 1 ${ACTIVE} AND job = active.job AND state = 'queued')`,
      )
      .pluck();
    this.#outcomes = db.prepare(`SELECT id, state ${LATEST_OUTCOMES} ?`);
    this.#last = db.prepare(`
      SELECT id, number, state, ended_at AS endedAt FROM runs WHERE id = (SELECT id ${LATEST_OUTCOMES} 1)`);
    this.#previous = db.prepare(`
      SELECT id, number, state FROM runs WHERE id = ${newestOfJob(`number < @number AND state <> 'skipped'`)}`);
    this.#downstream = db.prepare(
      'SELECT id, job, number, state FROM runs INDEXED BY runs_of_upstream WHERE upstream_id = ? ORDER BY job',
    );
    this.#median = db
      .prepare<[string], number | null>(
        `SELECT median(ended_at - started_at) FROM (
           SELECT started_at, ended_at FROM runs INDEXED BY runs_ended_of_job
           WHERE job = ? AND state = 'succeeded' AND ended_at IS NOT NULL ORDER BY id DESC LIMIT 20)`,
      )
      .pluck();
    this.#definition = db
      .prepare<[number], string>(
        'SELECT text FROM definition_texts WHERE definition_id = (SELECT definition_id FROM runs WHERE id = ?)',
      )
      .pluck();
    this.#end = db.prepare(`
      UPDATE runs SET state = ?, reason = ?, error = ?, exit_code = ?, ended_at = ?
      WHERE id = ? AND state = 'running' AND owner = ?`);
    this.#lastId = db.prepare<[], number>(`SELECT seq FROM sqlite_sequence WHERE name = 'runs'`).pluck();
    this.#lastNumber = db.prepare<[string], number>('SELECT last FROM job_numbers WHERE job = ?').pluck();
    this.#adopt = db.prepare(`UPDATE runs SET owner = ? WHERE id = ? AND state = 'running' AND owner = ?`);
  }

  getRun(id: number): RunRecord | undefined {
    const row = this.#get.get(id);
    return row && toRun(row);
  }

  /** By id (also as text: `12`), or by `job#12`. */
  findRun(ref: number | string): RunRecord | undefined {
    if (typeof ref === 'number') return this.getRun(ref);
    const [, job, digits] = /^(?:(.+)#)?(\d{1,15})$/.exec(ref) ?? [];
    if (digits === undefined) return undefined;
    if (job === undefined) return this.getRun(Number(digits));
    const row = this.#byNumber.get({ job, number: Number(digits) });
    return row && toRun(row);
  }

  /** Whether there was such a run once: ids and numbers are never given twice. */
  hasBeen(ref: number | string): boolean {
    const [, job, digits] = /^(?:(.+)#)?(\d{1,15})$/.exec(String(ref)) ?? [];
    const last = job === undefined ? this.#lastId.get() : this.#lastNumber.get(job);
    return Number(digits) >= 1 && Number(digits) <= (last ?? 0);
  }

  /** Ids of the runs that an instance has begun and not ended, oldest first. */
  runningOwnedBy(instance: string): number[] {
    return this.#runningOf.all(instance);
  }

  /** The instances that something is running under; those that are dead left it behind. */
  runningOwners(): string[] {
    return this.#owners.all();
  }

  /** Jobs of which at least one run waits. */
  waitingJobs(): Set<string> {
    return new Set(this.#waitingJobs.all());
  }

  /** The last outcomes of a job, oldest first; skips are none. */
  stripOf(job: string, limit = 20): { id: number; state: EndState }[] {
    return this.#outcomes.all(job, limit).reverse();
  }

  /** The newest run of the job that has ended otherwise than as skipped. */
  lastEnded(job: string): LastEnded | undefined {
    return this.#last.get(job);
  }

  /** The run of the same job before this one, skips left out. */
  previousOf({
    job,
    number,
  }: Pick<RunRecord, 'job' | 'number'>): Pick<RunRecord, 'id' | 'number' | 'state'> | undefined {
    return this.#previous.get({ job, number });
  }

  /** The runs that the end of this one made. */
  downstreamOf(id: number): Pick<RunRecord, 'id' | 'job' | 'number' | 'state'>[] {
    return this.#downstream.all(id);
  }

  /** How long the last 20 successes of the job took, in milliseconds, the middle of them; null without any. */
  medianOf(job: string): number | null {
    return this.#median.get(job) ?? null;
  }

  /** The job as it was when the run was queued; undefined for a skipped row and for an unknown run. */
  definitionOf(runId: number): JobDefinition | undefined {
    const text = this.#definition.get(runId);
    return text === undefined ? undefined : parseStoredDefinition(text);
  }

  /** False where this owner's run was not running any more: somebody else has ended it, and nothing was changed. */
  finishRun(end: RunEnd): boolean {
    assertChange('running', end.state);
    const { id, owner, state, reason, error = null, exitCode, at } = end;
    return this.#end.run(state, reason, error, exitCode, at, id, owner).changes === 1;
  }

  /** Takes over a run whose owner is dead, to go on with it. False where it is not that owner's, or not running, any more. */
  adopt(id: number, from: string, to: string): boolean {
    return this.#adopt.run(to, id, from).changes === 1;
  }
}
