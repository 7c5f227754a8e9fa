import type { Run } from '../../api/api.ts';

/** A run as it is stored: what the window is shown, and what only the scheduler needs to know. */
export interface RunRecord extends Run {
  /** The instance that runs it, or ran it last. */
  readonly owner: string | null;
  readonly concurrencyGroup: string | null;
  /** Never given twice, so that a parsed definition can be cached under it; null for a skipped row, which has none. */
  readonly definitionId: number | null;
  readonly cancelRequestedAt: number | null;
}

/** A row as SQLite hands it out with `RUN_COLUMNS`. */
export interface RunRow extends Omit<RunRecord, 'params' | 'skipped' | 'upstream'> {
  readonly params: string;
  readonly skipCount: number | null;
  readonly skipFirstAt: number | null;
  readonly skipLastAt: number | null;
  readonly upstreamId: number | null;
  readonly upstreamJob: string | null;
  readonly upstreamNumber: number | null;
}

export const RUN_COLUMNS = `
  id, job, number, pipeline_name AS pipelineName, trigger, state, reason, error, due_at AS dueAt, queued_at AS queuedAt,
  not_before_at AS notBeforeAt, started_at AS startedAt, ended_at AS endedAt, exit_code AS exitCode, attempt, attempts, params,
  owner, concurrency_group AS concurrencyGroup, definition_id AS definitionId, cancel_requested_at AS cancelRequestedAt,
  skip_count AS skipCount, skip_first_at AS skipFirstAt, skip_last_at AS skipLastAt,
  upstream_id AS upstreamId, upstream_job AS upstreamJob, upstream_number AS upstreamNumber`;

export function toRun(row: RunRow): RunRecord {
  const { params, skipCount, skipFirstAt, skipLastAt, upstreamId, upstreamJob, upstreamNumber, ...same } = row;
  return {
    ...same,
    params: params === '{}' ? {} : (JSON.parse(params) as Record<string, string>),
    skipped:
      skipCount === null ? null : { count: skipCount, firstAt: skipFirstAt as number, lastAt: skipLastAt as number },
    upstream:
      upstreamId === null ? null : { id: upstreamId, job: upstreamJob as string, number: upstreamNumber as number },
  };
}

/** Params as one text that is equal exactly when the params are, whatever order they were given in. */
export function paramsText(params: Readonly<Record<string, string>>): string {
  const entries = Object.entries(params);
  if (entries.length === 0) return '{}';
  return JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** Those that run, of all instances. */
export const RUNNING = `FROM runs INDEXED BY runs_running WHERE state = 'running'`;

/**
 * The id of the newest run of `@job` of which something holds, as an expression of SQL; 0 where there is none. What has ended is in another
 * index than what waits and runs. Ids and a job's numbers are given together, so the greater id is the newer run.
 */
export function newestOfJob(holds: string): string {
  const newest = (index: string, ended: string): string => `coalesce((
    SELECT id FROM runs INDEXED BY ${index} WHERE job = @job AND ended_at ${ended} AND ${holds} ORDER BY number DESC LIMIT 1), 0)`;
  return `max(${newest('runs_active_of_job', 'IS NULL')}, ${newest('runs_ended_by_number', 'IS NOT NULL')})`;
}

/** Gives a job's next run its number. Inside the transaction that inserts the run, so that no number is lost or given twice. */
export const NEXT_NUMBER = `
  INSERT INTO job_numbers (job, last) VALUES (?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last`;
