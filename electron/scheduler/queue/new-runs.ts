import { hash } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import type { Trigger } from '../../api/words.ts';
import type { JobDefinition } from '../job-file/definition.ts';
import type { OccurrenceKey } from '../store/occurrence-book.ts';
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
  /**
   * Its job, name, attempts, params and group are those of every run of this definition that nobody gave params of his own: many such
   * runs are queued by what the database knows of their definitions.
   */
  readonly isAsDefined?: boolean;
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

/** A definition whose row was seen. */
interface KnownDefinition {
  readonly id: number;
  readonly digest: string;
  /** Made in this turn of the event loop: its transaction may yet be rolled back, and its id go to another. */
  isNew: boolean;
  /** What its runs have in common was put into `run_templates`, unless that transaction was rolled back. */
  hasTemplate: boolean;
}

/** Of runs that follow each other: what the first of them gets, and how far apart their positions are. */
export interface Places {
  readonly id: number;
  readonly position: number;
  readonly gap: number;
}

/** Retention took a definition, or a transaction that was rolled back took a template with it; where they are stored again, all is well. */
class DefinitionGone extends Error {
  override readonly message = 'The definition of a run was removed while the run was queued.';
}

/**
 * Stores new runs as queued ones: each with the next number of its job, and its definition once for however many share it.
 *
 * Runs of a look are mostly alike but for their definitions, so what the runs of a definition have in common is put once into a table in
 * memory, and the rows of many are made from it by two statements: half of the time of a row's insert was to hand over its values.
 */
export class NewRuns {
  readonly #lastId: Statement<[], number>;
  readonly #nextNumber: Statement<[string], number>;
  readonly #isDefinition: Statement<[number, string], number>;
  readonly #definition: Statement<[string], number>;
  readonly #insertDefinition: Statement<[string]>;
  readonly #insertText: Statement<[number, string]>;
  readonly #insertOne: Statement<(string | number | null)[]>;
  readonly #addTemplate: Statement<[number, string, string, number, string, string | null]>;
  readonly #countUp: Statement<[string]>;
  readonly #insertAlike: Statement<[Alike & { definitions: string }]>;
  readonly #definitions = new WeakMap<JobDefinition, KnownDefinition>();
  /**
   * Ids of those whose row was found after the turn that made it, and whose template is there: from then on only the insert asks for the row,
   * because retention takes it with its last run. Numbers, because ten thousand jobs may be due at once.
   */
  readonly #sure = new WeakMap<JobDefinition, number>();

  constructor(db: Database) {
    this.#lastId = db.prepare<[], number>(`SELECT seq FROM sqlite_sequence WHERE name = 'runs'`).pluck();
    this.#nextNumber = db.prepare<[string], number>(NEXT_NUMBER).pluck();
    this.#isDefinition = db
      .prepare<[number, string], number>('SELECT 1 FROM definitions WHERE id = ? AND hash = ?')
      .pluck();
    this.#definition = db.prepare<[string], number>('SELECT id FROM definitions WHERE hash = ?').pluck();
    this.#insertDefinition = db.prepare('INSERT INTO definitions (hash) VALUES (?)');
    this.#insertText = db.prepare('INSERT INTO definition_texts VALUES (?, ?)');
    this.#insertOne = db.prepare(
      `INSERT INTO runs (state, ${COLUMNS.join(', ')}) SELECT 'queued', ${COLUMNS.map(() => '?').join(', ')}
       WHERE EXISTS (SELECT 1 FROM definitions WHERE id = ?)`,
    );
    db.exec(`
      CREATE TEMP TABLE IF NOT EXISTS run_templates (
        definition_id     INTEGER PRIMARY KEY,
        job               TEXT NOT NULL,
        pipeline_name     TEXT NOT NULL,
        attempts          INTEGER NOT NULL,
        params            TEXT NOT NULL,
        concurrency_group TEXT
      ) STRICT`);
    this.#addTemplate = db.prepare('INSERT OR REPLACE INTO temp.run_templates VALUES (?, ?, ?, ?, ?, ?)');
    // CROSS: in the order of the list.
    const ofDefinitions = 'CROSS JOIN temp.run_templates AS template ON template.definition_id = value';
    this.#countUp = db.prepare(`
      INSERT INTO job_numbers (job, last) SELECT job, 1 FROM json_each(?) ${ofDefinitions}
      WHERE TRUE ON CONFLICT DO UPDATE SET last = last + 1`);
    this.#insertAlike = db.prepare(`
      INSERT INTO runs (state, id, position, trigger, due_at, queued_at, not_before_at, job, number, pipeline_name, attempts, params,
        concurrency_group, definition_id)
      SELECT 'queued', @id + key, @position + key * @gap, @trigger, @dueAt, @queuedAt, @notBeforeAt, template.job, job_numbers.last,
        pipeline_name, attempts, params, concurrency_group, definition_id
      FROM json_each(@definitions) ${ofDefinitions} CROSS JOIN definitions ON definitions.id = value
        CROSS JOIN job_numbers ON job_numbers.job = template.job`);
  }

  /** The id of the run that is inserted next; holds in the immediate transaction that asks. */
  get nextId(): number {
    return (this.#lastId.get() ?? 0) + 1;
  }

  /** Belongs inside the immediate transaction that `position` was found in. */
  insert(run: NewRun, position: number): RunRecord {
    const id = this.nextId;
    const { number, definitionId } = this.#insertAt(run, id, position);
    const { definition: _definition, isAsDefined: _isAsDefined, notBeforeAt = null, upstream = null, ...rest } = run;
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

  /** As `insert`, of many at once, at the places from `first` on; where there is none, its place stays free. */
  insertAll(runs: readonly (NewRun | undefined)[], first: Places): void {
    for (let index = 0; index < runs.length;) {
      const run = runs[index];
      const id = first.id + index;
      const position = first.position + index * first.gap;
      const definitions = this.#alikeFrom(runs, index);
      if (run !== undefined && definitions.length > 1) this.#insertAlikes(run, definitions, { ...first, id, position });
      else if (run !== undefined) this.#insertAt(run, id, position);
      index += Math.max(1, definitions.length);
    }
  }

  /** Definitions of the runs from this one on that differ in nothing else; each job's number goes up by one, so each is there once. */
  #alikeFrom(runs: readonly (NewRun | undefined)[], from: number): number[] {
    const first = runs[from];
    if (first === undefined) return [];
    const definitions: number[] = [];
    const jobs = new Set<string>();
    for (let index = from; index < runs.length; index++) {
      const run = runs[index];
      if (run === undefined || !isAlike(run, first) || jobs.has(run.job)) break;
      jobs.add(run.job);
      definitions.push(this.#templateOf(run));
    }
    return definitions;
  }

  #insertAlikes(run: NewRun, ids: readonly number[], places: Places): void {
    const { trigger, dueAt, queuedAt } = run;
    const definitions = JSON.stringify(ids);
    const notBeforeAt = run.notBeforeAt ?? null;
    this.#countUp.run(definitions);
    const { changes } = this.#insertAlike.run({ ...places, trigger, dueAt, queuedAt, notBeforeAt, definitions });
    if (changes !== ids.length) throw new DefinitionGone();
  }

  #insertAt(run: NewRun, id: number, position: number): { number: number; definitionId: number } {
    const { upstream } = run;
    const number = this.#nextNumber.get(run.job) as number;
    const definitionId = this.#sure.get(run.definition) ?? this.#known(run.definition).id;
    const { changes } = this.#insertOne.run(
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
      definitionId,
    );
    if (changes === 0) throw new DefinitionGone();
    return { number, definitionId };
  }

  /** The id of its definition, whose template is there from then on. */
  #templateOf({ definition, job, pipelineName, attempts, params, concurrencyGroup }: NewRun): number {
    const sure = this.#sure.get(definition);
    if (sure !== undefined) return sure;
    const known = this.#known(definition);
    if (!known.hasTemplate) {
      this.#addTemplate.run(known.id, job, pipelineName, attempts, paramsText(params), concurrencyGroup);
      known.hasTemplate = true;
    } else if (!known.isNew) {
      this.#sure.set(definition, known.id);
      this.#definitions.delete(definition);
    }
    return known.id;
  }

  /** Of an `insert` that is a transaction of its own and inserts these; once more where a definition or template of theirs had gone meanwhile. */
  inserting<T>(runs: readonly NewRun[], insert: () => T): T {
    try {
      return insert();
    } catch (thrown) {
      if (!(thrown instanceof DefinitionGone)) throw thrown;
      for (const { definition } of runs) {
        this.#definitions.delete(definition);
        this.#sure.delete(definition);
      }
      return insert();
    }
  }

  #known(definition: JobDefinition): KnownDefinition {
    const known = this.#definitions.get(definition);
    if (known !== undefined && this.#isDefinition.get(known.id, known.digest) !== undefined) return known;
    const text = JSON.stringify(definition);
    const digest = hash('sha256', text);
    const id = this.#definition.get(digest) ?? this.#store(digest, text);
    const made: KnownDefinition = { id, digest, isNew: true, hasTemplate: false };
    // Transactions end in the turn that they began in.
    queueMicrotask(() => (made.isNew = false));
    this.#definitions.set(definition, made);
    return made;
  }

  #store(digest: string, text: string): number {
    const id = Number(this.#insertDefinition.run(digest).lastInsertRowid);
    this.#insertText.run(id, text);
    return id;
  }
}

/** What the rows of alike runs do not have from their definitions. */
interface Alike extends Places {
  readonly trigger: Trigger;
  readonly dueAt: number | null;
  readonly queuedAt: number;
  readonly notBeforeAt: number | null;
}

function isAlike(run: NewRun, first: NewRun): boolean {
  return (
    run.isAsDefined === true &&
    run.upstream === undefined &&
    run.trigger === first.trigger &&
    run.dueAt === first.dueAt &&
    run.queuedAt === first.queuedAt &&
    run.notBeforeAt === first.notBeforeAt
  );
}
