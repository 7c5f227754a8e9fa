import { basename } from 'node:path';
import { executorOf, stepNameOf, taskNameOf } from './check.ts';
import { DEFAULT_KEEP } from './definition.ts';
import type {
  JobDefinition,
  ParamDefinition,
  RetryDefinition,
  StepGroupDefinition,
  TaskDefinition,
} from './definition.ts';
import { combinationsOf, nameOfCombination } from './matrix.ts';
import type { JobFile, StepFile } from './schema.ts';
import type { RetryFile, TaskFile } from './task-schema.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** One for all that say nothing: ten thousand jobs have two hundred thousand of them. */
const NONE: readonly never[] = Object.freeze([]);
const NOTHING: Readonly<Record<string, never>> = Object.freeze({});
const NO_CONDITIONS: JobDefinition['when'] = Object.freeze({ power: null, idleMs: null, online: null });

/**
 * The definition of a valid job: every key of the file finds its place here, with its default. `job` has nightjar.yml's
 * `defaults` merged in, its `variables` excepted, and absolute paths.
 */
export function buildDefinition(
  id: string,
  file: string,
  job: JobFile,
  homeVariables: JobDefinition['variables'],
): JobDefinition {
  const {
    scheduler = NONE,
    pipeline_name = basename(id),
    variables = NOTHING,
    description = null,
    timezone = null,
    repo = null,
    ref = null,
    params,
    env_file = NONE,
    requires_env = NONE,
    secrets = NONE,
    steps = NONE,
    on_success = NONE,
    on_failure = NONE,
    on_cancel = NONE,
    always = NONE,
    overlap = 'skip',
    on_missed = 'run-once',
    missed_deadline = DAY,
    jitter = 0,
    timeout = null,
    retry,
    concurrency_group = null,
    after = NONE,
    keep,
    not_between = NONE,
    when,
    keep_awake = false,
    keep_container = 'never',
    paused = false,
    catch_up_after_pause = false,
    ...nothingElse
  } = job;
  // A key that the schema has and this function forgets does not compile.
  nothingElse satisfies Record<string, never>;
  return {
    id,
    file,
    pipelineName: pipeline_name,
    description,
    scheduler: [...new Set([scheduler].flat().map((expression) => expression.trim()))],
    timezone,
    homeVariables: Object.keys(homeVariables).length === 0 ? NOTHING : homeVariables,
    variables,
    repo,
    ref,
    params:
      params === undefined
        ? NOTHING
        : Object.fromEntries(Object.entries(params).map(([name, param]) => [name, buildParam(param)])),
    envFile: typeof env_file === 'string' ? [env_file] : env_file,
    requiresEnv: requires_env,
    secrets,
    steps: steps.map(buildStep),
    onSuccess: handlersOf(on_success),
    onFailure: handlersOf(on_failure),
    onCancel: handlersOf(on_cancel),
    always: handlersOf(always),
    overlap,
    onMissed: on_missed,
    missedDeadlineMs: missed_deadline,
    jitterMs: jitter,
    timeoutMs: timeout,
    retry: retry === undefined ? null : buildRetry(retry),
    concurrencyGroup: concurrency_group,
    after: after.length === 0 ? NONE : after.map((entry) => ({ job: entry.job, on: entry.on ?? 'success' })),
    keep: keep === undefined ? DEFAULT_KEEP : { ...DEFAULT_KEEP, ...keep },
    notBetween: not_between,
    when:
      when === undefined
        ? NO_CONDITIONS
        : { power: when.power ?? null, idleMs: when.idle ?? null, online: when.online ?? null },
    keepAwake: keep_awake,
    keepContainer: keep_container,
    paused,
    catchUpAfterPause: catch_up_after_pause,
  };
}

function handlersOf(tasks: readonly TaskFile[]): readonly TaskDefinition[] {
  return tasks.length === 0 ? NONE : tasks.flatMap(buildTasks);
}

function buildStep(step: StepFile, index: number): StepGroupDefinition {
  const name = stepNameOf(step, index);
  if ('tasks' in step) return { name, tasks: step.tasks.flatMap(buildTasks) };
  return { name, tasks: buildTasks({ ...step, name }, 0) };
}

/** The task, or one for each combination of its matrix: from here on they are tasks like any other. */
function buildTasks(file: TaskFile, index: number): TaskDefinition[] {
  const { matrix, ...rest } = file;
  const task = buildTask(rest, index);
  if (matrix === undefined) return [task];
  return combinationsOf(matrix).map((values) => ({
    ...task,
    name: nameOfCombination(task.name, values),
    variables: { ...task.variables, ...values },
    matrix: { of: task.name, values },
  }));
}

function buildTask(task: Omit<TaskFile, 'matrix'>, index: number): TaskDefinition {
  const executor = executorOf(task);
  const {
    name = taskNameOf(task, index),
    image = null,
    build,
    command = null,
    entrypoint,
    variables = NOTHING,
    workdir = null,
    user = null,
    volumes = NONE,
    network = null,
    cpus = null,
    memory = null,
    pull = 'missing',
    timeout = null,
    retry,
    allow_failure = false,
    stop_signal = null,
    stop_timeout = 10_000,
    engine = null,
    gitlab,
    github,
    executor: _derivedAbove,
    ...nothingElse
  } = task;
  nothingElse satisfies Record<string, never>;
  return {
    name,
    executor,
    image,
    build: build === undefined ? null : buildContext(build),
    command,
    entrypoint: entrypoint === undefined ? null : [entrypoint].flat(),
    variables,
    workdir,
    user,
    volumes,
    network,
    cpus,
    memory,
    pull,
    timeoutMs: timeout,
    retry: retry === undefined ? null : buildRetry(retry),
    allowFailure: allow_failure,
    stopSignal: stop_signal,
    stopTimeoutMs: stop_timeout,
    matrix: null,
    engine,
    gitlab:
      gitlab === undefined
        ? null
        : { project: gitlab.project ?? null, ref: gitlab.ref ?? null, url: gitlab.url ?? null },
    github: github === undefined ? null : { ...github, ref: github.ref ?? null },
  };
}

function buildContext(build: NonNullable<TaskFile['build']>): TaskDefinition['build'] {
  if (typeof build === 'string') return { context: build, dockerfile: null };
  return { context: build.context, dockerfile: build.dockerfile ?? null };
}

function buildRetry(retry: RetryFile): RetryDefinition {
  const { limit = 1, interval = 10_000, backoff = 1, max_interval, exit_codes = [], ...nothingElse } = retry;
  nothingElse satisfies Record<string, never>;
  return {
    limit,
    intervalMs: interval,
    backoff,
    // Who waits two hours each time has not asked for the default of one.
    maxIntervalMs: max_interval ?? Math.max(HOUR, interval),
    exitCodes: exit_codes,
  };
}

function buildParam(param: NonNullable<JobFile['params']>[string]): ParamDefinition {
  return {
    type: param.type ?? 'string',
    default: param.default ?? null,
    choices: param.choices ?? [],
    description: param.description ?? null,
  };
}
