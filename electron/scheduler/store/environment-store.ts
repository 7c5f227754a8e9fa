import { createHmac, hash, randomBytes } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import type { Origin } from '../../api/words.ts';
import { newestOfJob } from './run-record.ts';
import type { RunRecord } from './run-record.ts';

/** Variables of one origin. */
export interface EnvironmentLayer {
  readonly origin: Origin;
  /** The file that they were read from, where it was one. */
  readonly source: string | null;
  readonly values: Readonly<Record<string, string>>;
}

/** A variable whose value is not stored: whether it is another one than before is all that can be told of it. */
export interface HashedVariable {
  readonly name: string;
  readonly origin: Origin;
  /** The file that it was read from. */
  readonly source: string | null;
  readonly digest: string;
}

/** The rest of an environment is in the run's definition and params. */
const HASHED: ReadonlySet<Origin> = new Set(['host', 'env-file', 'secret']);

export type EarlierRun = Pick<RunRecord, 'id' | 'number'>;

/** What the variables of runs were that came from the host, from files and from secrets: their names, and what tells a change. */
export class EnvironmentStore {
  readonly #db: Database;
  readonly #key: Buffer;
  readonly #insert: Statement<[string, string]>;
  readonly #point: Statement<[string, number]>;
  readonly #of: Statement<[number], string>;
  readonly #before: Statement<[{ job: string; number: number }], EarlierRun>;

  constructor(db: Database) {
    this.#db = db;
    this.#key = keyOf(db);
    this.#insert = db.prepare('INSERT INTO environments (hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#point = db.prepare(
      'UPDATE runs SET environment_id = (SELECT id FROM environments WHERE hash = ?) WHERE id = ?',
    );
    this.#of = db
      .prepare<[number], string>(
        'SELECT text FROM environments WHERE id = (SELECT environment_id FROM runs WHERE id = ?)',
      )
      .pluck();
    this.#before = db.prepare(`
      SELECT id, number FROM runs WHERE id = ${newestOfJob('number < @number AND environment_id IS NOT NULL')}`);
  }

  /** The same for one name and value in this data folder, and telling nothing elsewhere. */
  digest(name: string, value: string): string {
    return createHmac('sha256', this.#key).update(`${name}\0${value}`).digest('base64url').slice(0, 22);
  }

  /** Of the attempt that begins; that of an earlier attempt makes room. */
  keep(runId: number, layers: readonly EnvironmentLayer[]): void {
    const text = JSON.stringify(layers.flatMap((layer) => this.#hashed(layer)));
    const digest = hash('sha256', text);
    this.#db
      .transaction(() => {
        this.#insert.run(digest, text);
        this.#point.run(digest, runId);
      })
      .immediate();
  }

  /** The weakest first; undefined where the run never started. */
  of(runId: number): HashedVariable[] | undefined {
    const text = this.#of.get(runId);
    return text === undefined ? undefined : (JSON.parse(text) as HashedVariable[]);
  }

  /** Which of these names had another value when the run started. */
  changedSince(runId: number, values: Readonly<Record<string, string>>): string[] {
    const then = new Map(this.of(runId)?.map(({ name, origin, digest }) => [`${origin} ${name}`, digest]));
    return Object.keys(values).filter(
      (name) => then.get(`secret ${name}`) !== this.digest(name, values[name] as string),
    );
  }

  /** The run of the same job before this one that started. */
  before({ job, number }: Pick<RunRecord, 'job' | 'number'>): EarlierRun | undefined {
    return this.#before.get({ job, number });
  }

  #hashed({ origin, source, values }: EnvironmentLayer): HashedVariable[] {
    if (!HASHED.has(origin)) return [];
    return Object.entries(values).map(([name, value]) => ({ name, origin, source, digest: this.digest(name, value) }));
  }
}

function keyOf(db: Database): Buffer {
  db.prepare(`INSERT INTO meta (key, value) VALUES ('environment_key', ?) ON CONFLICT DO NOTHING`).run(
    randomBytes(32).toString('hex'),
  );
  const key = db.prepare<[], string>(`SELECT value FROM meta WHERE key = 'environment_key'`).pluck().get() as string;
  return Buffer.from(key, 'hex');
}
