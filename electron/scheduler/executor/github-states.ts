import type { PipelineEnd } from './pipeline/service.ts';
import type { RemoteJob } from './executor.ts';

/** A job of a workflow run, as far as GitHub's API is read here. */
export interface GithubJob {
  readonly id: number | bigint;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly html_url: string | null;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly steps?: readonly { readonly name: string; readonly conclusion: string | null }[] | undefined;
}

/** How a workflow run ended; null while it goes on. */
export function githubEnd(
  run: { readonly status: string | null; readonly conclusion: string | null },
  jobs: readonly GithubJob[],
): PipelineEnd | null {
  if (run.status !== 'completed') return null;
  switch (run.conclusion) {
    case 'success':
    case 'neutral':
      return { isSuccess: true, reason: null };
    case 'failure': {
      const failed = jobs.filter((job) => job.conclusion === 'failure' || job.conclusion === 'timed_out');
      const names = failed.map((job) => `job ${job.name}${failedStep(job)}`);
      return { isSuccess: false, reason: names.length === 0 ? 'failed' : `failed in ${names.join(' and ')}` };
    }
    case 'cancelled':
      return { isSuccess: false, reason: 'was cancelled on GitHub' };
    case 'skipped':
      return { isSuccess: false, reason: 'was skipped by GitHub: none of its jobs ran' };
    case 'timed_out':
      return { isSuccess: false, reason: 'ran out of its time on GitHub' };
    case 'startup_failure':
      return { isSuccess: false, reason: 'could not be started by GitHub: look at the workflow file' };
    default:
      return { isSuccess: false, reason: `ended as ${run.conclusion?.replaceAll('_', ' ') ?? 'unknown'} on GitHub` };
  }
}

export function githubJob(job: GithubJob): RemoteJob {
  const { id, name, status, conclusion, html_url, started_at, completed_at } = job;
  const isWaiting = status !== 'completed' && status !== 'in_progress';
  return {
    id: String(id),
    name,
    stage: null,
    state: stateOf(status, conclusion),
    note: conclusion === 'failure' ? failedStep(job).replace(/^ \((.*)\)$/, '$1') || null : null,
    url: html_url,
    // GitHub names a moment for jobs that have not begun, too.
    startedAt: isWaiting || conclusion === 'skipped' || started_at === null ? null : Date.parse(started_at),
    endedAt: conclusion === 'skipped' || completed_at === null ? null : Date.parse(completed_at),
  };
}

/** A job that did nothing has none; of one that goes on, GitHub gives none. */
export function hasLog({ status, steps }: GithubJob): boolean {
  return status === 'completed' && (steps ?? []).some(({ conclusion }) => conclusion !== 'skipped');
}

function stateOf(status: string, conclusion: string | null): RemoteJob['state'] {
  if (status !== 'completed') return status === 'in_progress' ? 'running' : 'waiting';
  switch (conclusion) {
    case 'success':
    case 'neutral':
      return 'succeeded';
    case 'cancelled':
      return 'cancelled';
    case 'skipped':
      return 'skipped';
    case 'timed_out':
      return 'timed-out';
    default:
      return 'failed';
  }
}

function failedStep({ steps }: GithubJob): string {
  const step = steps?.find(({ conclusion }) => conclusion === 'failure');
  return step === undefined ? '' : ` (step ${step.name})`;
}
