import type { PipelineEnd } from './pipeline/service.ts';
import type { RemoteJob } from './executor.ts';

/** A job or a bridge, as far as GitLab's API is read here. */
export interface GitlabJob {
  readonly id: number;
  readonly name: string;
  readonly stage: string;
  readonly status: string;
  readonly web_url: string;
  readonly allow_failure?: boolean;
  readonly failure_reason?: string | null;
  readonly started_at?: string | null;
  readonly finished_at?: string | null;
  /** Of a bridge. */
  readonly downstream_pipeline?: { readonly id: number; readonly web_url: string } | null;
}

/** How a pipeline ended; null while it goes on. A job that another try took the place of decides nothing. */
export function gitlabEnd(status: string, jobs: readonly GitlabJob[]): PipelineEnd | null {
  switch (status) {
    case 'success':
      return { isSuccess: true, reason: null };
    case 'failed': {
      const failed = jobs.filter(
        (job) => job.status === 'failed' && job.allow_failure !== true && !isRetried(job, jobs),
      );
      const names = failed.map((job) => `job ${job.name}${whyOf(job)}`);
      return { isSuccess: false, reason: names.length === 0 ? 'failed' : `failed in ${listed(names)}` };
    }
    case 'canceled':
      return { isSuccess: false, reason: 'was cancelled on GitLab' };
    case 'skipped':
      return { isSuccess: false, reason: 'was skipped by GitLab: none of its jobs ran' };
    default:
      return null;
  }
}

/** A blocked pipeline waits for somebody who starts one of its jobs; so do we. */
export function waitsForPerson(status: string, jobs: readonly GitlabJob[]): string | null {
  if (status !== 'manual') return null;
  const manual = jobs.filter((job) => job.status === 'manual' && job.allow_failure !== true).map(({ name }) => name);
  return `a person to start job ${listed(manual.length === 0 ? ['(manual)'] : manual)}`;
}

/** By stage, in the order in which the stages appeared. */
export function gitlabStages<Job extends GitlabJob>(jobs: readonly Job[]): Job[] {
  return [...Map.groupBy(jobs, ({ stage }) => stage).values()].flat();
}

export function gitlabJob(job: GitlabJob, all: readonly GitlabJob[]): RemoteJob {
  const { id, name, stage, status, downstream_pipeline, started_at, finished_at } = job;
  return {
    id: String(id),
    name,
    stage,
    state: stateOf(status),
    note: noteOf(job, all),
    url: downstream_pipeline?.web_url ?? job.web_url,
    startedAt: momentOf(started_at),
    endedAt: momentOf(finished_at),
  };
}

function stateOf(status: string): RemoteJob['state'] {
  switch (status) {
    case 'running':
    case 'canceling':
      return 'running';
    case 'success':
      return 'succeeded';
    case 'failed':
      return 'failed';
    case 'canceled':
      return 'cancelled';
    case 'skipped':
      return 'skipped';
    default:
      return 'waiting';
  }
}

function noteOf(job: GitlabJob, all: readonly GitlabJob[]): string | null {
  const { status, downstream_pipeline } = job;
  const notes = [
    status === 'manual' && 'to be started by hand',
    (status === 'scheduled' || status === 'waiting_for_resource' || status === 'canceling') &&
      status.replaceAll('_', ' '),
    status === 'failed' && (job.failure_reason?.replaceAll('_', ' ') ?? null),
    status === 'failed' && job.allow_failure === true && 'allowed to fail',
    isRetried(job, all) && 'tried again',
    downstream_pipeline && `pipeline ${downstream_pipeline.id}`,
  ].filter((note) => typeof note === 'string');
  return notes.length === 0 ? null : notes.join(', ');
}

function isRetried(job: GitlabJob, all: readonly GitlabJob[]): boolean {
  return all.some((other) => other.name === job.name && other.id > job.id);
}

function whyOf({ failure_reason, downstream_pipeline }: GitlabJob): string {
  if (downstream_pipeline) return ` (its pipeline ${downstream_pipeline.id})`;
  // What every failed command has says nothing.
  return failure_reason && failure_reason !== 'script_failure' ? ` (${failure_reason.replaceAll('_', ' ')})` : '';
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function momentOf(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Date.parse(text);
}
