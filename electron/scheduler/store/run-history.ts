import type { Database, Statement } from 'better-sqlite3';
import type { RunFilter } from '../../api/api.ts';
import { RUN_STATES, type RunState, type Trigger } from '../../api/words.ts';
import { isEnded } from '../run/run-state.ts';
import { RUN_COLUMNS, toRun } from './run-record.ts';
import type { RunRecord, RunRow } from './run-record.ts';
import { RunSpans } from './run-spans.ts';

/** Where a page's rows come from: an index that hands them out newest first, and the values its key is asked for. */
interface Source {
  readonly from: string;
  readonly where: string;
  readonly values: Readonly<Record<string, string | number>>;
  /** All its runs are of one state, which is one of those that were asked for. */
  readonly isOfState: boolean;
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
 * from indexes that are in order already. A count without a time range reads the counters that triggers keep; a time range is one of
 * ids first (run-spans.ts).
 *
 * `fromAt` and `toAt` are about the moment of queueing; the first is within the range, the second is not. `jobContains` ignores the
 * case of ASCII letters.
 */
export class RunHistory {
  readonly #db: Database;
  readonly #statements = new Map<string, Statement<[Record<string, unknown>], unknown>>();
  readonly #jobs: Statement<[string], string>;
  readonly #spans: RunSpans;
  readonly #get: Statement<[number], RunRow>;

  constructor(db: Database) {
    this.#db = db;
    this.#jobs = db
      .prepare<[string], string>('SELECT job FROM job_numbers WHERE instr(lower(job), lower(?)) > 0')
      .pluck();
    this.#spans = new RunSpans(db);
    this.#get = db.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`);
  }

  /** The newest runs of the filter with an id below `beforeId`, newest first. */
  listRuns(
    filter: RunFilter,
    { beforeId = Number.MAX_SAFE_INTEGER, limit }: { beforeId?: number; limit: number },
  ): RunRecord[] {
    const sources = this.#sourcesOf(filter);
    const ids: number[] = [];
    for (const range of this.#spans.rangesOf(filter)) {
      if (ids.length >= limit) break;
      const bound = { lowId: range.lowId, beforeId: Math.min(beforeId, range.highId + 1), limit };
      for (const source of sources) {
        const { where, values } = clausesOf(filter, source, range.isWhole);
        const text = `SELECT id FROM ${source.from} WHERE ${where} AND id < @beforeId AND id >= @lowId ORDER BY id DESC LIMIT @limit`;
        ids.push(...(this.#prepared(text).all({ ...bound, ...values }) as number[]));
      }
    }
    // Another instance may end a run between two sources; it is in both then.
    const page = [...new Set(ids)].sort((a, b) => b - a).slice(0, limit);
    return page.flatMap((id) => this.#get.get(id) ?? []).map(toRun);
  }

  countRuns(filter: RunFilter): number {
    if (filter.fromAt !== undefined || filter.toAt !== undefined) return this.#countBetween(filter);
    const { where, values } = clausesOf(filter, ALL);
    const ended = this.#count(`SELECT coalesce(sum(count), 0) FROM run_counts WHERE ${where}`, values);
    return this.#activeSourcesOf(filter).reduce((sum, source) => {
      const active = clausesOf(filter, source);
      return sum + this.#count(`SELECT count(*) FROM ${source.from} WHERE ${active.where}`, active.values);
    }, ended);
  }

  /** From indexes alone, but for the runs at the two ends of the range. */
  #countBetween(filter: RunFilter): number {
    const sources = this.#sourcesOf(filter);
    // All runs are in no index of their own, but each is in one by its state.
    const counted = sources.includes(ALL) ? RUN_STATES.map(sourceOfState) : sources;
    let count = 0;
    for (const { lowId, highId, isWhole } of this.#spans.rangesOf(filter)) {
      for (const source of counted) {
        const { where, values } = clausesOf(filter, source, isWhole);
        const text = `SELECT count(*) FROM ${source.from} WHERE ${where} AND id BETWEEN @lowId AND @highId`;
        count += this.#count(text, { ...values, lowId, highId });
      }
    }
    return count;
  }

  #sourcesOf(filter: RunFilter): Source[] {
    const jobs = this.#jobsOf(filter);
    if (jobs !== undefined) {
      return jobs.flatMap(sourcesOfJob);
    }
    const states = filter.states === undefined ? undefined : [...new Set(filter.states)];
    if (filter.triggers !== undefined && !filter.triggers.includes('scheduled')) {
      const triggers = [...new Set(filter.triggers)];
      return triggers.flatMap((ofTrigger) => (states ?? RUN_STATES).map((state) => sourceOfTrigger(ofTrigger, state)));
    }
    return states?.map(sourceOfState) ?? [ALL];
  }

  /** What waits and runs is in no counter. */
  #activeSourcesOf(filter: RunFilter): Source[] {
    const states = [...new Set(filter.states ?? RUN_STATES)].filter((state) => !isEnded(state));
    const jobs = states.length === 0 ? undefined : this.#jobsOf(filter);
    return jobs?.map(activeOfJob) ?? states.map(sourceOfState);
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

const ALL: Source = { from: 'runs', where: 'TRUE', values: {}, isOfState: false };

function sourceOfTrigger(ofTrigger: Trigger, ofState: RunState): Source {
  return {
    from: 'runs INDEXED BY runs_by_rare_trigger',
    where: `trigger <> 'scheduled' AND trigger = @ofTrigger AND state = @ofState`,
    values: { ofTrigger, ofState },
    isOfState: true,
  };
}

function sourceOfState(ofState: RunState): Source {
  if (ofState === 'queued')
    return { from: 'runs INDEXED BY runs_waiting', where: `state = 'queued'`, values: {}, isOfState: true };
  if (ofState === 'running')
    return { from: 'runs INDEXED BY runs_running', where: `state = 'running'`, values: {}, isOfState: true };
  const where = 'state = @ofState AND ended_at IS NOT NULL';
  return { from: 'runs INDEXED BY runs_ended', where, values: { ofState }, isOfState: true };
}

function activeOfJob(ofJob: string): Source {
  const where = 'job = @ofJob AND ended_at IS NULL';
  return { from: 'runs INDEXED BY runs_active_of_job', where, values: { ofJob }, isOfState: false };
}

function sourcesOfJob(ofJob: string): Source[] {
  const where = 'job = @ofJob AND ended_at IS NOT NULL';
  return [
    activeOfJob(ofJob),
    { from: 'runs INDEXED BY runs_ended_of_job', where, values: { ofJob }, isOfState: false },
  ];
}

/** Of those of a source that are of the filter. `isWhole`: of a range in which all runs are of the filter's time. */
function clausesOf(
  filter: RunFilter,
  source: Source,
  isWhole = false,
): { where: string; values: Record<string, unknown> } {
  const isSaid = (key: keyof RunFilter): boolean =>
    (isWhole && (key === 'fromAt' || key === 'toAt')) || (source.isOfState && key === 'states');
  const keys = (Object.keys(CLAUSES) as (keyof RunFilter)[]).filter((key) => filter[key] !== undefined && !isSaid(key));
  const bound = (value: unknown) => (Array.isArray(value) ? JSON.stringify(value) : value);
  return {
    where: [source.where, ...keys.map((key) => CLAUSES[key])].join(' AND '),
    values: { ...source.values, ...Object.fromEntries(keys.map((key) => [key, bound(filter[key])])) },
  };
}
