import type { Combination } from './matrix.ts';
import type { JobFile } from './schema.ts';
import type { TaskFile } from './task-schema.ts';

/**
 * A valid, parsed job: what the rest of the scheduler knows of a job file. Immutable; a copy goes into every run when it is
 * queued, as JSON, so everything here is plain data. Durations are milliseconds, sizes are bytes, words are product.md's.
 */
export interface JobDefinition {
  /** Path below the jobs home without the extension, with `/`. */
  readonly id: string;
  /** Absolute path of the job file. */
  readonly file: string;
  readonly pipelineName: string;
  readonly description: string | null;
  /** Cron expressions as written, trimmed; empty: manual only. */
  readonly scheduler: readonly string[];
  /** IANA name; null: the machine's, asked anew at each look. */
  readonly timezone: string | null;
  /** `defaults.variables` of nightjar.yml: weaker than `env_file`, which the job's own are not. */
  readonly homeVariables: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  /** A folder (absolute, `~` resolved) or a git URL. */
  readonly repo: string | null;
  readonly ref: string | null;
  readonly params: Readonly<Record<string, ParamDefinition>>;
  /** Absolute paths. */
  readonly envFile: readonly string[];
  readonly requiresEnv: readonly string[];
  readonly secrets: readonly string[];
  readonly steps: readonly StepGroupDefinition[];
  readonly onSuccess: readonly TaskDefinition[];
  readonly onFailure: readonly TaskDefinition[];
  readonly onCancel: readonly TaskDefinition[];
  readonly always: readonly TaskDefinition[];
  readonly overlap: Overlap;
  readonly onMissed: OnMissed;
  readonly missedDeadlineMs: number;
  readonly jitterMs: number;
  /** Covers one attempt of the run. */
  readonly timeoutMs: number | null;
  readonly retry: RetryDefinition | null;
  readonly concurrencyGroup: string | null;
  readonly after: readonly AfterDefinition[];
  readonly keep: { readonly runs: number; readonly days: number; readonly bytes: number };
  /** `HH:MM-HH:MM` in the job's zone. */
  readonly notBetween: readonly string[];
  readonly when: { readonly power: 'ac' | null; readonly idleMs: number | null; readonly online: boolean | null };
  readonly keepAwake: boolean;
  readonly keepContainer: NonNullable<JobFile['keep_container']>;
  readonly paused: boolean;
  readonly catchUpAfterPause: boolean;
}

/** What stays of a job's history where its file does not say (product.md, Retention). */
export const DEFAULT_KEEP: JobDefinition['keep'] = { runs: 100, days: 90, bytes: 500_000_000 };

// The words are the schema's, and buildDefinition takes every key of it or does not compile: the grammar has one source.
export type Overlap = NonNullable<JobFile['overlap']>;
export type OnMissed = NonNullable<JobFile['on_missed']>;

export interface StepGroupDefinition {
  readonly name: string;
  readonly tasks: readonly TaskDefinition[];
}

export interface TaskDefinition {
  readonly name: string;
  readonly executor: ExecutorName;
  readonly image: string | null;
  readonly build: { readonly context: string; readonly dockerfile: string | null } | null;
  /** A string runs in a shell, a list is executed as it is, null is the image's own. */
  readonly command: string | readonly string[] | null;
  readonly entrypoint: readonly string[] | null;
  readonly variables: Readonly<Record<string, string>>;
  readonly workdir: string | null;
  readonly user: string | null;
  /** As Docker writes binds: `source:target[:mode]`; the source absolute (`~` and `./` resolved) or a volume's name. */
  readonly volumes: readonly string[];
  /** `bridge` (null: the engine's default), `host`, `none`, or the name of a network. */
  readonly network: string | null;
  readonly cpus: number | null;
  readonly memory: number | null;
  readonly pull: NonNullable<TaskFile['pull']>;
  readonly timeoutMs: number | null;
  readonly retry: RetryDefinition | null;
  readonly allowFailure: boolean;
  readonly stopSignal: string | null;
  readonly stopTimeoutMs: number;
  /** Where a `matrix` made it: the name of the task as written, and this one's values, which are among `variables` too. */
  readonly matrix: { readonly of: string; readonly values: Combination } | null;
  /** The name of a Docker context; null: the engine that is found. */
  readonly engine: string | null;
  readonly gitlab: { readonly project: string | null; readonly ref: string | null; readonly url: string | null } | null;
  readonly github: { readonly repo: string; readonly workflow: string; readonly ref: string | null } | null;
}

export type ExecutorName = NonNullable<TaskFile['executor']>;

export interface RetryDefinition {
  /** How many attempts may follow the first. */
  readonly limit: number;
  readonly intervalMs: number;
  /** Each wait is this times the last one. */
  readonly backoff: number;
  readonly maxIntervalMs: number;
  /** Only these exit codes are retried; empty: every failure. */
  readonly exitCodes: readonly number[];
}

export interface AfterDefinition {
  readonly job: string;
  readonly on: NonNullable<NonNullable<JobFile['after']>[number]['on']>;
}

export interface ParamDefinition {
  readonly type: NonNullable<NonNullable<JobFile['params']>[string]['type']>;
  readonly default: string | null;
  readonly choices: readonly string[];
  readonly description: string | null;
}

/** One mistake of a job file. `error`: the file is not valid; `warning`: it is, and here is what will surprise. */
export interface Problem {
  /** Path of the file as the user knows it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

type JobTasks = Pick<JobDefinition, 'steps' | 'onSuccess' | 'onFailure' | 'onCancel' | 'always'>;

/** All tasks of a job, those of its handlers among them. */
export function tasksOf({ steps, onSuccess, onFailure, onCancel, always }: JobTasks): TaskDefinition[] {
  return [...steps.flatMap(({ tasks }) => tasks), ...onSuccess, ...onFailure, ...onCancel, ...always];
}
