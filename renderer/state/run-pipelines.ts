import type { Pipeline, RunDetail } from '../../electron/api/api.ts';

export interface PipelineRow {
  readonly pipeline: Pipeline;
  /** The task that triggered it, with its attempt where that is not the first. */
  readonly task: string;
  readonly title: string;
  /** How far it is, in words. */
  readonly done: string;
}

const NOUNS = { GitLab: 'pipeline', GitHub: 'run' } as const;

/** The newest first: an earlier attempt's pipeline is history. */
export function pipelineRows(run: Pick<RunDetail, 'pipelines' | 'tasks'>): PipelineRow[] {
  return run.pipelines.toReversed().map((pipeline) => {
    const task = run.tasks.find(({ id }) => id === pipeline.taskRunId);
    const attempt = task !== undefined && task.attempts > 1 ? `, attempt ${task.attempt} of ${task.attempts}` : '';
    return {
      pipeline,
      task: `${task?.name ?? ''}${attempt}`,
      title: `${pipeline.service} ${NOUNS[pipeline.service]} ${pipeline.id}`,
      done: progressOf(pipeline),
    };
  });
}

function progressOf({ jobs }: Pipeline): string {
  if (jobs.length === 0) return '';
  const over = jobs.filter(({ state }) => state !== 'waiting' && state !== 'running').length;
  return `${over} of ${jobs.length} ${jobs.length === 1 ? 'job' : 'jobs'} done`;
}
