import type { Executor, TaskExecution } from './executor.ts';
import { connectGitlab } from './gitlab-service.ts';
import {
  createPipelineExecutor,
  missingSetting,
  SERVICE_TIMEOUT_MS,
  type PipelineHost,
} from './pipeline/pipeline-executor.ts';
import type { PipelineService } from './pipeline/service.ts';

const SETTINGS = ['GITLAB_TOKEN', 'CI_PROJECT_ID', 'CI_API_V4_URL'];
const GITLAB_COM = 'https://gitlab.com';
/**
 * Runs a task as a pipeline on GitLab. Project, address and token are the task's, else CI_PROJECT_ID, CI_API_V4_URL and GITLAB_TOKEN
 * of the run's environment, else of the machine's: the names that Orchestrate has them under.
 */
export function createGitlabExecutor(host: PipelineHost): Executor {
  const connect = async ({ task, environment }: TaskExecution): Promise<PipelineService | string> => {
    if (task.gitlab === null) return `Task ${task.name} names no GitLab project.`;
    const machine = await host.hostEnvironment();
    const setting = (name: string): string => environment[name] || machine[name] || '';
    const token = setting('GITLAB_TOKEN');
    const project = task.gitlab.project ?? setting('CI_PROJECT_ID');
    const url = addressOf(task.gitlab.url ?? (setting('CI_API_V4_URL') || GITLAB_COM));
    if (token === '') return missingSetting('GITLAB_TOKEN', 'an access token with the scope `api`');
    if (project === '') return missingSetting('CI_PROJECT_ID', 'and task ' + task.name + ' names no `project`');
    if (url === undefined)
      return `CI_API_V4_URL is not an address such as ${GITLAB_COM}/api/v4: ${setting('CI_API_V4_URL')}.`;
    return connectGitlab({
      url,
      project,
      ref: task.gitlab.ref,
      token,
      clock: host.clock,
      timeoutMs: SERVICE_TIMEOUT_MS,
    });
  };
  return createPipelineExecutor({ ...host, connect, settings: SETTINGS });
}

/** The server's address, of itself or of its API. */
function addressOf(url: string): string | undefined {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return undefined;
  return url.replace(/\/+$/, '').replace(/\/api\/v4$/, '');
}
