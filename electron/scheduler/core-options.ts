import type { Clock } from './clock.ts';
import type { Executors, ExecutorsOptions } from './executor/index.ts';
import type { StartLauncher } from './executor/launcher.ts';
import type { Machine } from './machine.ts';
import type { SecretStore } from './secrets/secret-store.ts';

export interface CoreOptions {
  readonly jobsHome: string;
  /** Where all that lasts is kept; belongs to one jobs home. */
  readonly dataFolder: string;
  readonly version: string;
  readonly host: 'desktop' | 'headless' | 'cli';
  /** False for a command-line `run`: it executes its own run beside whoever schedules, and recovers nothing. */
  readonly isScheduling?: boolean;
  readonly clock?: Clock;
  /** The account's own unless told otherwise. */
  readonly secrets?: SecretStore;
  /** The environment that `requires_env` is looked up in; the process's own unless told otherwise. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Who is asked for `when` and `keep_awake`; what plain Node can tell unless told otherwise. */
  readonly machine?: Machine;
  /** How a small process is started that starts the commands of tasks where many start; plain Node's own way unless told otherwise. */
  readonly startLauncher?: StartLauncher;
  /** Makes the executors; tests hand in others. */
  readonly executors?: (options: ExecutorsOptions) => Executors;
  /** Gets what was thrown and nobody planned for, to be written where developers look. */
  readonly onBug: (error: unknown) => void;
}

export interface CoreFacts extends Pick<CoreOptions, 'version' | 'jobsHome' | 'dataFolder'> {
  readonly startedAt: number;
  readonly isDraining: boolean;
  readonly environment: NodeJS.ProcessEnv;
}
