import { hash } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import type { Trigger } from '../../api/words.ts';
import type { JobDefinition } from '../job-file/definition.ts';
import { paramsText } from '../store/run-record.ts';
import type { RunRecord } from '../store/run-record.ts';

/** A run that is to be queued. */
export interface NewRun {
  readonly job: string;
  readonly pipelineName: string;
  readonly trigger: Trigger;
  readonly dueAt: number | null;
  /** It starts no sooner. Left out: as soon as it can. */
  readonly notBeforeAt?: number;
  /** Whose end made it, of an `after` run. */
  readonly upstream?: { readonly id: number; readonly job: string; readonly number: number };
  readonly queuedAt: number;
  /** How many attempts the job allows, the first included. */
  readonly attempts: number;
  readonly params: Readonly<Record<string, string>>;
  readonly concurrencyGroup: string | null;
  /** What will run, whatever becomes of the file. */
  readonly definition: JobDefinition;
}

const COLUMNS = [
  'id',
  'job',
  'number',
  'pipeline_name',
  'trigger',
  'due_at',
  'queued_at',
  'attempts',
  'params',
  'position',
  'concurrency_group',
  'definition_id',
  'not_before_at',
  'upstream_id',
  'upstream_job',
  'upstream_number',
] as const;
type Values = (string | number | null)[];

/** Rows of one statement: a statement costs as much as the row that it inserts. */
const ROWS = 20;

/** Stores new runs as queued ones: each with the next number of its job, and its definition once for however many share it. */
export class NewRuns {
  readonly #lastId: Statement<[], number>;
  readonly #nextNumbers: Statement<[string], { job: string; last: number }>;
  readonly #isDefinition: Statement<[number, string], number>;
  readonly #definition: Statement<[string], number>;
  readonly #insertDefinition: Statement<[string, string]>;
  readonly #insertOne: Statement<Values>;
  readonly #insertMany: Statement<Values>;
  readonly #definitions = new WeakMap<JobDefinition, { readonly id: number; readonly digest: string }>();

  constructor(db: Database) {
    this.#lastId = db.prepare<[], number>(`SELECT seq FROM sqlite_sequence WHERE name = 'runs'`).pluck();
    this.#nextNumbers = db.prepare(`
      INSERT INTO job_numbers (job, last) SELECT value, count(*) FROM json_each(?) WHERE TRUE GROUP BY value
      ON CONFLICT DO UPDATE SET last = last + excluded.last RETURNING job, last`);
    this.#isDefinition = db
      .prepare<[number, string], number>('SELECT 1 FROM definitions WHERE id = ? AND hash = ?')
      .pluck();
    this.#definition = db.prepare<[string], number>('SELECT id FROM definitions WHERE hash = ?').pluck();
    this.#insertDefinition = db.prepare('INSERT INTO definitions (hash, text) VALUES (?, ?)');
    const row = `('queued', ${COLUMNS.map(() => '?').join(', ')})`;
    const insert = (rows: number) =>
      db.prepare<Values>(`INSERT INTO runs (state, ${COLUMNS.join(', ')}) VALUES ${Array(rows).fill(row).join(', ')}`);
    this.#insertOne = insert(1);
    this.#insertMany = insert(ROWS);
  }

  /** The id of the run that is inserted next; holds in the immediate transaction that asks. */
  get nextId(): number {
    return (this.#lastId.get() ?? 0) + 1;
  }

  /** Belongs inside the immediate transaction that `position` was found in. */
  insert(run: NewRun, position: number): RunRecord {
    return this.insertAll([run], [position])[0] as RunRecord;
  }

  /** As `insert`; their ids are in a row, in their order. */
  insertAll(runs: readonly NewRun[], positions: readonly number[]): RunRecord[] {
    const firstId = this.nextId;
    const numbers = this.#numbersOf(runs);
    const records = runs.map((run, index): RunRecord => {
      const { definition, notBeforeAt = null, upstream = null, ...rest } = run;
      return {
        ...rest,
        id: firstId + index,
        number: numbers[index] as number,
        definitionId: this.#definitionId(definition),
        state: 'queued',
        reason: null,
        error: null,
        notBeforeAt,
        upstream,
        startedAt: null,
        endedAt: null,
        exitCode: null,
        attempt: 1,
        skipped: null,
        owner: null,
        cancelRequestedAt: null,
      };
    });
    const rows = records.map((run, index) => valuesOf(run, positions[index] as number));
    const many = rows.length - (rows.length % ROWS);
    for (let from = 0; from < many; from += ROWS) this.#insertMany.run(...rows.slice(from, from + ROWS).flat());
    for (const row of rows.slice(many)) this.#insertOne.run(...row);
    return records;
  }

  #numbersOf(runs: readonly NewRun[]): number[] {
    const jobs = runs.map(({ job }) => job);
    const last = new Map(this.#nextNumbers.all(JSON.stringify(jobs)).map((row) => [row.job, row.last]));
    // From the last one back, each job's own count down.
    return jobs
      .toReversed()
      .map((job) => {
        const number = last.get(job) as number;
        last.set(job, number - 1);
        return number;
      })
      .toReversed();
  }

  /** What is known is looked at again: retention takes a definition with its last run, and a rollback takes it as well. */
  #definitionId(definition: JobDefinition): number {
    const known = this.#definitions.get(definition);
    if (known !== undefined && this.#isDefinition.get(known.id, known.digest) !== undefined) return known.id;
    const text = JSON.stringify(definition);
    const digest = hash('sha256', text);
    const id = this.#definition.get(digest) ?? Number(this.#insertDefinition.run(digest, text).lastInsertRowid);
    this.#definitions.set(definition, { id, digest });
    return id;
  }
}

function valuesOf(run: RunRecord, position: number): Values {
  return [
    run.id,
    run.job,
    run.number,
    run.pipelineName,
    run.trigger,
    run.dueAt,
    run.queuedAt,
    run.attempts,
    paramsText(run.params),
    position,
    run.concurrencyGroup,
    run.definitionId,
    run.notBeforeAt,
    run.upstream?.id ?? null,
    run.upstream?.job ?? null,
    run.upstream?.number ?? null,
  ];
}
