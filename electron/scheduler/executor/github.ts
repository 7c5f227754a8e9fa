import type { Executor, TaskExecution } from './executor.ts';
import { connectGithub } from './github-service.ts';
import {
  createPipelineExecutor,
  missingSetting,
  SERVICE_TIMEOUT_MS,
  type PipelineHost,
} from './pipeline/pipeline-executor.ts';
import type { PipelineService } from './pipeline/service.ts';

const SETTINGS = ['GITHUB_TOKEN', 'GITHUB_API_URL'];
const GITHUB_COM = 'https://api.github.com';

/**
 * Runs a task as a workflow on GitHub. The token is GITHUB_TOKEN and the API's address GITHUB_API_URL, as GitHub's own runners call
 * them, of the run's environment, else of the machine's.
 */
export function createGithubExecutor(host: PipelineHost): Executor {
  const connect = async ({ task, environment }: TaskExecution): Promise<PipelineService | string> => {
    if (task.github === null) return `Task ${task.name} names no GitHub workflow.`;
    const machine = await host.hostEnvironment();
    const setting = (name: string): string => environment[name] || machine[name] || '';
    const token = setting('GITHUB_TOKEN');
    const url = (setting('GITHUB_API_URL') || GITHUB_COM).replace(/\/+$/, '');
    if (token === '') return missingSetting('GITHUB_TOKEN', 'a token that may write actions');
    if (URL.parse(url) === null) return `GITHUB_API_URL is not an address such as ${GITHUB_COM}: ${url}.`;
    return connectGithub({ ...task.github, url, token, clock: host.clock, timeoutMs: SERVICE_TIMEOUT_MS });
  };
  return createPipelineExecutor({ ...host, connect, settings: SETTINGS });
}
