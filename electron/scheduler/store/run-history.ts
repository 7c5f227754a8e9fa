import type { Database, Statement } from 'better-sqlite3';
import type { RunFilter } from '../../api/api.ts';
import type { RunState } from '../../api/words.ts';
import { isEnded } from '../run/run-state.ts';
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

/**
 * Ids follow time but where the clock was set back. So a page of a time range is mostly found among the next few thousand ids; only
 * where it is not, the whole range is read in the order of time, and sorted.
 */
const NEAR: Source = {
  from: '(SELECT id, job, state, trigger, queued_at FROM runs WHERE id < @beforeId ORDER BY id DESC LIMIT 2000)',
  where: 'TRUE',
  values: {},
};

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
    const { sql, values } = clausesOf(filter);
    const bound = { ...values, beforeId, limit };
    const idsFrom = (source: Source) => {
      const where = [source.where, ...sql, 'id < @beforeId'].join(' AND ');
      const text = `SELECT id FROM ${source.from} WHERE ${where} ORDER BY id DESC LIMIT @limit`;
      return this.#prepared(text).all({ ...bound, ...source.values }) as number[];
    };
    const near = filter.fromAt === undefined ? [] : idsFrom(NEAR);
    const ids = near.length === limit ? near : this.#sourcesOf(filter).flatMap(idsFrom);
    // Another instance may end a run between two sources; it is in both then.
    const page = [...new Set(ids)].sort((a, b) => b - a).slice(0, limit);
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
      return jobs.flatMap(sourcesOfJob);
    }
    if (filter.states !== undefined) return [...new Set(filter.states)].map(sourceOfState);
    if (filter.triggers !== undefined && !filter.triggers.includes('scheduled')) {
      return [...new Set(filter.triggers)].map((ofTrigger) => ({
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

function sourceOfState(ofState: RunState): Source {
  return isEnded(ofState)
    ? { from: 'runs INDEXED BY runs_ended', where: 'state = @ofState AND ended_at IS NOT NULL', values: { ofState } }
    : { from: 'runs INDEXED BY runs_active', where: 'state = @ofState AND ended_at IS NULL', values: { ofState } };
}

function sourcesOfJob(ofJob: string): Source[] {
  const active = `state IN ('queued', 'running') AND job = @ofJob AND ended_at IS NULL`;
  return [
    { from: 'runs INDEXED BY runs_active', where: active, values: { ofJob } },
    { from: 'runs INDEXED BY runs_ended_of_job', where: 'job = @ofJob AND ended_at IS NOT NULL', values: { ofJob } },
  ];
}

function clausesOf(filter: RunFilter): { sql: string[]; values: Record<string, unknown> } {
  const keys = (Object.keys(CLAUSES) as (keyof RunFilter)[]).filter((key) => filter[key] !== undefined);
  const bound = (value: unknown) => (Array.isArray(value) ? JSON.stringify(value) : value);
  return {
    sql: keys.map((key) => CLAUSES[key]),
    values: Object.fromEntries(keys.map((key) => [key, bound(filter[key])])),
  };
}
