import type { Engine } from '../../api/api.ts';
import type { Clock } from '../clock.ts';
import type { ExecutorName } from '../job-file/definition.ts';
import { createDockerExecutor } from './docker.ts';
import type { DockerExecutor } from './docker.ts';
import type { Executor } from './executor.ts';
import { launcherOfNode } from './fork-launcher.ts';
import { createGithubExecutor } from './github.ts';
import { createGitlabExecutor } from './gitlab.ts';
import type { StartLauncher } from './launcher.ts';
import { loginEnvironment } from './login-shell.ts';
import { createProcessExecutor } from './process.ts';

/** All there are, by the name that a task's `executor` has. */
export type Executors = Readonly<Record<ExecutorName, Executor>> & { readonly docker: DockerExecutor };

export interface ExecutorsOptions {
  /** Names the data folder, in letters and digits; what other data folders run is never touched. */
  readonly dataId: string;
  /** The instance of the scheduler, for the labels of its containers. */
  readonly instance: string;
  readonly clock: Clock;
  readonly onEngineChange: (engine: Engine) => void;
  /** What every process has beside its own environment; left out: what the user's login shell has. */
  readonly hostEnvironment?: () => Promise<Readonly<Record<string, string>>>;
  /** How the host has a process beside itself; left out: as Node has one. */
  readonly startLauncher?: StartLauncher | undefined;
}

export function createExecutors(options: ExecutorsOptions): Executors {
  const { dataId, hostEnvironment = loginEnvironment, startLauncher = launcherOfNode } = options;
  return {
    docker: createDockerExecutor(options),
    process: createProcessExecutor({ dataId, clock: options.clock, hostEnvironment, startLauncher }),
    gitlab: createGitlabExecutor({ dataId, clock: options.clock, hostEnvironment }),
    github: createGithubExecutor({ dataId, clock: options.clock, hostEnvironment }),
  };
}
