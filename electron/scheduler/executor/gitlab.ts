import type { Clock } from '../clock.ts';
import type { Executor, TaskExecution } from './executor.ts';
import { connectGitlab } from './gitlab-service.ts';
import { createPipelineExecutor, missingSetting } from './pipeline/pipeline-executor.ts';
import type { PipelineService } from './pipeline/service.ts';

export interface PipelineHost {
  /** Names the data folder, in letters and digits. */
  readonly dataId: string;
  readonly clock: Clock;
  /** What the machine has where the run's own environment has nothing. */
  readonly hostEnvironment: () => Promise<Readonly<Record<string, string>>>;
}

const SETTINGS = ['GITLAB_TOKEN', 'CI_PROJECT_ID', 'CI_API_V4_URL'];
const GITLAB_COM = 'https://gitlab.com';
/** Until an answer begins, and between two pieces of it. */
export const SERVICE_TIMEOUT_MS = 60_000;

/**
 * Runs a task as a pipeline on GitLab. Project, address and token are the task's, else CI_PROJECT_ID, CI_API_V4_URL and GITLAB_TOKEN
 * of the run's environment, else of the machine's: the names that Orchestrate has them under.
 */
export function createGitlabExecutor({ dataId, clock, hostEnvironment }: PipelineHost): Executor {
  const connect = async ({ task, environment }: TaskExecution): Promise<PipelineService | string> => {
    if (task.gitlab === null) return `Task ${task.name} names no GitLab project.`;
    const host = await hostEnvironment();
    const setting = (name: string): string => environment[name] || host[name] || '';
    const token = setting('GITLAB_TOKEN');
    const project = task.gitlab.project ?? setting('CI_PROJECT_ID');
    const url = addressOf(task.gitlab.url ?? (setting('CI_API_V4_URL') || GITLAB_COM));
    if (token === '') return missingSetting('GITLAB_TOKEN', 'an access token with the scope `api`');
    if (project === '') return missingSetting('CI_PROJECT_ID', 'and task ' + task.name + ' names no `project`');
    if (url === undefined)
      return `CI_API_V4_URL is not an address such as ${GITLAB_COM}/api/v4: ${setting('CI_API_V4_URL')}.`;
    return connectGitlab({ url, project, ref: task.gitlab.ref, token, clock, timeoutMs: SERVICE_TIMEOUT_MS });
  };
  return createPipelineExecutor({ dataId, clock, connect, settings: SETTINGS });
}

/** The server's address, of itself or of its API. */
function addressOf(url: string): string | undefined {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return undefined;
  return url.replace(/\/+$/, '').replace(/\/api\/v4$/, '');
}
