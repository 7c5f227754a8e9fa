import { hash } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import type { Trigger } from '../../api/words.ts';
import type { JobDefinition } from '../job-file/definition.ts';
import type { OccurrenceKey } from '../store/occurrence-book.ts';
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

export interface ToEnqueue {
  readonly run: NewRun;
  readonly occurrence?: OccurrenceKey;
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

/** A definition whose row was seen. */
interface KnownDefinition {
  readonly id: number;
  readonly digest: string;
  /** Made in this turn of the event loop: its transaction may yet be rolled back, and its id go to another. */
  isNew: boolean;
  /** It was found after that. From then on only the foreign key asks for it: retention takes it with its last run. */
  isSure: boolean;
}

/** Rows of one statement: a statement costs as much as the row that it inserts. */
const ROWS = 20;

/** Stores new runs as queued ones: each with the next number of its job, and its definition once for however many share it. */
export class NewRuns {
  readonly #lastId: Statement<[], number>;
  readonly #nextNumbers: Statement<[string], { job: string; last: number }>;
  readonly #isDefinition: Statement<[number, string], number>;
  readonly #definition: Statement<[string], number>;
  readonly #insertDefinition: Statement<[string, string]>;
  readonly #insertOne: Statement<[Values]>;
  readonly #insertMany: Statement<[Values]>;
  readonly #definitions = new WeakMap<JobDefinition, KnownDefinition>();

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
      db.prepare<[Values]>(
        `INSERT INTO runs (state, ${COLUMNS.join(', ')}) VALUES ${Array(rows).fill(row).join(', ')}`,
      );
    this.#insertOne = insert(1);
    this.#insertMany = insert(ROWS);
  }

  /** The id of the run that is inserted next; holds in the immediate transaction that asks. */
  get nextId(): number {
    return (this.#lastId.get() ?? 0) + 1;
  }

  /** Belongs inside the immediate transaction that `position` was found in. */
  insert(run: NewRun, position: number): RunRecord {
    const id = this.nextId;
    const number = this.#numbersOf([run])[0] as number;
    const definitionId = this.#definitionId(run.definition);
    const values: Values = [];
    addValues(values, run, { id, number, definitionId, position });
    this.#insertOne.run(values);
    const { definition: _definition, notBeforeAt = null, upstream = null, ...rest } = run;
    return {
      ...rest,
      id,
      number,
      definitionId,
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
  }

  /** As `insert`, of many at once; their ids are in a row, from `nextId` on, in their order. */
  insertAll(runs: readonly NewRun[], positions: readonly number[]): void {
    const firstId = this.nextId;
    const numbers = this.#numbersOf(runs);
    let values: Values = [];
    const many = runs.length - (runs.length % ROWS);
    for (const [index, run] of runs.entries()) {
      addValues(values, run, {
        id: firstId + index,
        number: numbers[index] as number,
        definitionId: this.#definitionId(run.definition),
        position: positions[index] as number,
      });
      if (index < many && (index + 1) % ROWS !== 0) continue;
      (index < many ? this.#insertMany : this.#insertOne).run(values);
      values = [];
    }
  }

  #numbersOf(runs: readonly NewRun[]): number[] {
    const jobs = runs.map(({ job }) => job);
    const last = new Map(this.#nextNumbers.all(JSON.stringify(jobs)).map((row) => [row.job, row.last]));
    if (last.size === jobs.length) return jobs.map((job) => last.get(job) as number);
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

  /** Of an `insert` that is a transaction of its own and inserts these; once more where a definition of theirs had gone meanwhile. */
  inserting<T>(runs: readonly NewRun[], insert: () => T): T {
    try {
      return insert();
    } catch (thrown) {
      if ((thrown as { code?: unknown }).code !== 'SQLITE_CONSTRAINT_FOREIGNKEY') throw thrown;
      for (const { definition } of runs) {
        const known = this.#definitions.get(definition);
        if (known !== undefined) known.isSure = false;
      }
      return insert();
    }
  }

  #definitionId(definition: JobDefinition): number {
    const known = this.#definitions.get(definition);
    if (known?.isSure) return known.id;
    if (known !== undefined && this.#isDefinition.get(known.id, known.digest) !== undefined) {
      known.isSure = !known.isNew;
      return known.id;
    }
    const text = JSON.stringify(definition);
    const digest = hash('sha256', text);
    const id = this.#definition.get(digest) ?? Number(this.#insertDefinition.run(digest, text).lastInsertRowid);
    const made: KnownDefinition = { id, digest, isNew: true, isSure: false };
    // Transactions end in the turn that they began in.
    queueMicrotask(() => (made.isNew = false));
    this.#definitions.set(definition, made);
    return id;
  }
}

interface Place {
  readonly id: number;
  readonly number: number;
  readonly definitionId: number;
  readonly position: number;
}

/** In the order of the columns. */
function addValues(values: Values, run: NewRun, { id, number, definitionId, position }: Place): void {
  const { upstream = null } = run;
  values.push(
    id,
    run.job,
    number,
    run.pipelineName,
    run.trigger,
    run.dueAt,
    run.queuedAt,
    run.attempts,
    paramsText(run.params),
    position,
    run.concurrencyGroup,
    definitionId,
    run.notBeforeAt ?? null,
    upstream?.id ?? null,
    upstream?.job ?? null,
    upstream?.number ?? null,
  );
}
