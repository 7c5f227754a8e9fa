import { hash } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import type { Trigger } from '../../api/words.ts';
import { NEXT_NUMBER, paramsText } from '../store/run-record.ts';
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
  /** The JobDefinition as JSON: what will run, whatever becomes of the file. */
  readonly definition: string;
}

type Row = Omit<NewRun, 'params' | 'definition' | 'notBeforeAt' | 'upstream'> & {
  notBeforeAt: number | null;
  upstreamId: number | null;
  upstreamJob: string | null;
  upstreamNumber: number | null;
  params: string;
  number: number;
  definitionId: number;
  position: number;
};

/** Stores new runs as queued ones: each with the next number of its job, and its definition once for however many share it. */
export class NewRuns {
  readonly #nextNumber: Statement<[string], number>;
  readonly #definition: Statement<[string], number>;
  readonly #insertDefinition: Statement<[string, string]>;
  readonly #insert: Statement<[Row]>;

  constructor(db: Database) {
    this.#nextNumber = db.prepare<[string], number>(NEXT_NUMBER).pluck();
    this.#definition = db.prepare<[string], number>('SELECT id FROM definitions WHERE hash = ?').pluck();
    this.#insertDefinition = db.prepare('INSERT INTO definitions (hash, text) VALUES (?, ?)');
    this.#insert = db.prepare(`
      INSERT INTO runs (job, number, pipeline_name, trigger, state, due_at, queued_at, attempts, params, position,
        concurrency_group, definition_id, not_before_at, upstream_id, upstream_job, upstream_number)
      VALUES (@job, @number, @pipelineName, @trigger, 'queued', @dueAt, @queuedAt, @attempts, @params, @position,
        @concurrencyGroup, @definitionId, @notBeforeAt, @upstreamId, @upstreamJob, @upstreamNumber)`);
  }

  /** Belongs inside the immediate transaction that `position` was found in. */
  insert(run: NewRun, position: number): RunRecord {
    const { definition, params, notBeforeAt = null, upstream = null, ...rest } = run;
    const number = this.#nextNumber.get(run.job) as number;
    const definitionId = this.#definitionId(definition);
    const from = {
      upstreamId: upstream?.id ?? null,
      upstreamJob: upstream?.job ?? null,
      upstreamNumber: upstream?.number ?? null,
    };
    const row = { ...rest, ...from, notBeforeAt, params: paramsText(params), number, definitionId, position };
    const id = Number(this.#insert.run(row).lastInsertRowid);
    return {
      ...rest,
      id,
      number,
      params,
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

  #definitionId(text: string): number {
    const digest = hash('sha256', text);
    return this.#definition.get(digest) ?? Number(this.#insertDefinition.run(digest, text).lastInsertRowid);
  }
}
