import { tasksOf, type JobDefinition, type TaskDefinition } from '../job-file/definition.ts';

export type PipelineNeeds = Pick<
  JobDefinition,
  | 'homeVariables'
  | 'variables'
  | 'params'
  | 'envFile'
  | 'secrets'
  | 'steps'
  | 'onSuccess'
  | 'onFailure'
  | 'onCancel'
  | 'always'
>;

/**
 * Names that the pipelines of a job need and that neither it nor its secrets give: this machine must have them, so a run waits for
 * them as for `requires_env`. An `env_file` may have any of them, and is read only when the run starts.
 */
export function namesForPipelines(job: PipelineNeeds): string[] {
  if (job.envFile.length > 0) return [];
  const given = new Set([job.homeVariables, job.variables, job.params].flatMap(Object.keys).concat(job.secrets));
  const needed = tasksOf(job).flatMap((task) => neededBy(task).filter((name) => !(name in task.variables)));
  return [...new Set(needed)].filter((name) => !given.has(name));
}

/** The tokens that a job's pipelines are asked for with: no log shows them. */
export function tokensForPipelines(job: PipelineNeeds): string[] {
  return [...new Set(tasksOf(job).flatMap((task) => neededBy(task).filter((name) => name.endsWith('_TOKEN'))))];
}

function neededBy({ gitlab, github }: TaskDefinition): string[] {
  if (gitlab !== null) return ['GITLAB_TOKEN', ...(gitlab.project === null ? ['CI_PROJECT_ID'] : [])];
  return github === null ? [] : ['GITHUB_TOKEN'];
}
