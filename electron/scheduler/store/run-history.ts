import type { Database, Statement } from 'better-sqlite3';
import type { RunFilter } from '../../api/api.ts';
import { RUN_STATES } from '../../api/words.ts';
import type { RunState } from '../../api/words.ts';
import { RUN_COLUMNS, toRun } from './run-record.ts';
import type { RunRecord, RunRow } from './run-record.ts';

/** Where a page's rows come from: an index that hands them out newest first, and the values its key is asked for. */
interface Source {
  readonly from: string;
  readonly where: string;
  readonly values: Readonly<Record<string, string | number>>;
}

/** Above this, a page walks all runs in place of each job's own; with so many jobs the next match is near. */
const JOBS_ASKED_ONE_BY_ONE = 25;

/** What every filter is as SQL; `runs` and `run_counts` have these columns under the same names. */
const CLAUSES = {
  job: 'job = @job',
  jobContains: 'instr(lower(job), lower(@jobContains)) > 0',
  withoutJobs: 'job NOT IN (SELECT value FROM json_each(@withoutJobs))',
  states: 'state IN (SELECT value FROM json_each(@states))',
  triggers: 'trigger IN (SELECT value FROM json_each(@triggers))',
  fromAt: 'queued_at >= @fromAt',
  toAt: 'queued_at < @toAt',
} as const satisfies Record<keyof RunFilter, string>;

/**
 * Pages and counts of runs: of the queue, of the past, of both. A page costs by its length and not by the history's: it is merged
 * from indexes that are in order already. A count without a time range reads the counters that triggers keep.
 *
 * `fromAt` and `toAt` are about the moment of queueing; the first is within the range, the second is not. `jobContains` ignores the
 * case of ASCII letters.
 */
export class RunHistory {
  readonly #db: Database;
  readonly #statements = new Map<string, Statement<[Record<string, unknown>], unknown>>();
  readonly #jobs: Statement<[string], string>;
  readonly #get: Statement<[number], RunRow>;

  constructor(db: Database) {
    this.#db = db;
    this.#jobs = db
      .prepare<[string], string>('SELECT job FROM job_numbers WHERE instr(lower(job), lower(?)) > 0')
      .pluck();
    this.#get = db.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`);
  }

  /** The newest runs of the filter with an id below `beforeId`, newest first. */
  listRuns(
    filter: RunFilter,
    { beforeId = Number.MAX_SAFE_INTEGER, limit }: { beforeId?: number; limit: number },
  ): RunRecord[] {
    const rest = clausesOf(filter);
    const ids = new Set<number>();
    for (const { from, where, values } of this.#sourcesOf(filter)) {
      const sql = `SELECT id FROM ${from} WHERE ${[where, ...rest.sql].join(' AND ')} AND id < @beforeId ORDER BY id DESC LIMIT @limit`;
      const found = this.#prepared(sql).all({ ...rest.values, ...values, beforeId, limit }) as number[];
      for (const id of found) ids.add(id);
    }
    const page = [...ids].sort((a, b) => b - a).slice(0, limit);
    return page.flatMap((id) => this.#get.get(id) ?? []).map(toRun);
  }

  countRuns(filter: RunFilter): number {
    const { sql, values } = clausesOf(filter);
    const where = ['TRUE', ...sql].join(' AND ');
    if (filter.fromAt !== undefined || filter.toAt !== undefined) {
      return this.#count(`SELECT count(*) FROM runs INDEXED BY runs_by_time WHERE queued_at >= @after AND ${where}`, {
        ...values,
        after: filter.fromAt ?? 0,
      });
    }
    const ended = this.#count(`SELECT coalesce(sum(count), 0) FROM run_counts WHERE ${where}`, values);
    const active = this.#count(
      `SELECT count(*) FROM runs INDEXED BY runs_active
       WHERE state IN ('queued', 'running') AND ended_at IS NULL AND ${where}`,
      values,
    );
    return ended + active;
  }

  #sourcesOf(filter: RunFilter): Source[] {
    if (filter.fromAt !== undefined) {
      return [{ from: 'runs INDEXED BY runs_by_time', where: 'queued_at >= @fromAt', values: {} }];
    }
    const jobs = this.#jobsOf(filter);
    if (jobs !== undefined) {
      return jobs.flatMap((ofJob) => (filter.states ?? RUN_STATES).map((state) => sourceOf(state, ofJob)));
    }
    if (filter.states !== undefined) return filter.states.map((state) => sourceOf(state, undefined));
    if (filter.triggers !== undefined && !filter.triggers.includes('scheduled')) {
      return filter.triggers.map((ofTrigger) => ({
        from: 'runs INDEXED BY runs_by_rare_trigger',
        where: `trigger <> 'scheduled' AND trigger = @ofTrigger`,
        values: { ofTrigger },
      }));
    }
    return [{ from: 'runs', where: 'TRUE', values: {} }];
  }

  /** Undefined where the filter names no job, or so many that asking for each would cost more than walking all runs. */
  #jobsOf(filter: RunFilter): string[] | undefined {
    if (filter.job !== undefined) return [filter.job];
    if (filter.jobContains === undefined) return undefined;
    const jobs = this.#jobs.all(filter.jobContains);
    return jobs.length > JOBS_ASKED_ONE_BY_ONE ? undefined : jobs;
  }

  #count(sql: string, values: Record<string, unknown>): number {
    return this.#prepared(sql).get(values) as number;
  }

  /** The shapes of filters are few and their values are bound, so the statements are few as well. */
  #prepared(sql: string): Statement<[Record<string, unknown>], unknown> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare<[Record<string, unknown>], unknown>(sql).pluck();
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function sourceOf(ofState: RunState, ofJob: string | undefined): Source {
  const isActive = ofState === 'queued' || ofState === 'running';
  const index = isActive ? 'runs_active' : ofJob === undefined ? 'runs_ended' : 'runs_ended_of_job';
  return {
    from: `runs INDEXED BY ${index}`,
    where: `state = @ofState AND ended_at IS ${isActive ? '' : 'NOT '}NULL${ofJob === undefined ? '' : ' AND job = @ofJob'}`,
    values: ofJob === undefined ? { ofState } : { ofState, ofJob },
  };
}

function clausesOf(filter: RunFilter): { sql: string[]; values: Record<string, unknown> } {
  const keys = (Object.keys(CLAUSES) as (keyof RunFilter)[]).filter((key) => filter[key] !== undefined);
  const bound = (value: unknown) => (Array.isArray(value) ? JSON.stringify(value) : value);
  return {
    sql: keys.map((key) => CLAUSES[key]),
    values: Object.fromEntries(keys.map((key) => [key, bound(filter[key])])),
  };
}
