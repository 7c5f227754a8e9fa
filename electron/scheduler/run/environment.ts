import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ORIGINS, type Origin, type Trigger } from '../../api/words.ts';
import type { TaskExecution } from '../executor/executor.ts';
import { Failure, whyUnreadable } from '../failure.ts';
import type { JobDefinition, TaskDefinition } from '../job-file/definition.ts';
import { namesForPipelines, tokensForPipelines, type PipelineNeeds } from './pipeline-settings.ts';
import type { EnvironmentLayer } from '../store/environment-store.ts';

export interface RunEnvironment {
  /** By strength, the weakest first. */
  readonly layers: readonly EnvironmentLayer[];
  /** Values that no log may show: of secrets, and of `env_file` (product.md, Environment). */
  readonly masked: readonly string[];
}

/** What an environment is made of beside the definition. */
export interface EnvironmentRun {
  readonly id: number;
  readonly number: number;
  readonly trigger: Trigger;
  readonly attempt: number;
  readonly params: Readonly<Record<string, string>>;
}

/** The variables that a job needs from the host and that are not set there, all of them. */
export function missingEnvironment(definition: HostNeeds, host: NodeJS.ProcessEnv): string[] {
  return missingOf(namesOfHost(definition), host);
}

/** What a run waits for: what it requires, and what its pipelines elsewhere are asked for with. */
export function namesOfHost(definition: HostNeeds): string[] {
  return [...new Set([...definition.requiresEnv, ...namesForPipelines(definition)])];
}

export function missingOf(names: readonly string[], host: NodeJS.ProcessEnv): string[] {
  return names.filter((name) => host[name] === undefined || host[name] === '');
}

type HostNeeds = PipelineNeeds & Pick<JobDefinition, 'requiresEnv'>;

/**
 * Reads a run's environment when it starts, never earlier: files and host values are those of that moment.
 *
 * @throws Failure `env-file` when a named file cannot be read.
 */
export function readEnvironment(
  definition: JobDefinition,
  run: EnvironmentRun,
  host: NodeJS.ProcessEnv,
  secrets: Readonly<Record<string, string>>,
): RunEnvironment {
  const files = definition.envFile.map((file): EnvironmentLayer => layer('env-file', readEnvFile(file), file));
  const required = Object.fromEntries(definition.requiresEnv.map((name) => [name, host[name] ?? '']));
  return {
    layers: [
      layer('host', required),
      layer('home', definition.homeVariables),
      ...files,
      layer('job', definition.variables),
      layer('param', run.params),
      layer('secret', secrets),
      layer('nightjar', aboutRun(definition, run)),
    ].sort(byStrength),
    // Masking anything shorter would black out half the log (product.md sets the same limit for secrets).
    masked: [
      ...files.flatMap(({ values }) => Object.values(values)),
      ...Object.values(secrets),
      ...tokensForPipelines(definition).map((name) => host[name] ?? ''),
    ].filter((value) => value.length >= 4),
  };
}

/** What Nightjar tells every task about its run. */
export function aboutRun(definition: JobDefinition, run: Omit<EnvironmentRun, 'params'>): Record<string, string> {
  return {
    NIGHTJAR: '1',
    NIGHTJAR_JOB: definition.id,
    NIGHTJAR_PIPELINE_NAME: definition.pipelineName,
    NIGHTJAR_RUN: String(run.id),
    NIGHTJAR_RUN_NUMBER: String(run.number),
    NIGHTJAR_TRIGGER: run.trigger,
    NIGHTJAR_ATTEMPT: String(run.attempt),
  };
}

/** The environment with these variables in the place that their origin gives them; of one origin the later ones win. */
export function withVariables(
  environment: RunEnvironment,
  origin: Origin,
  values: Readonly<Record<string, string>>,
): RunEnvironment {
  return { ...environment, layers: [...environment.layers, layer(origin, values)].sort(byStrength) };
}

/** Stable, so that of one origin the later ones stay later. */
function byStrength(a: EnvironmentLayer, b: EnvironmentLayer): number {
  return ORIGINS.indexOf(a.origin) - ORIGINS.indexOf(b.origin);
}

/** What a task gets in the end: each name with the value of its strongest origin. */
export function valuesOf({ layers }: RunEnvironment): Record<string, string> {
  return Object.assign({}, ...layers.map(({ values }) => values)) as Record<string, string>;
}

/**
 * What a task gets, and which part of it a service elsewhere may be told. `outputs` are what earlier groups handed on, `commit` is the
 * id of what the workspace is at.
 */
export function variablesOfTask(
  environment: RunEnvironment,
  { name, variables }: Pick<TaskDefinition, 'name' | 'variables'>,
  now: { attempt: number; outputs: Readonly<Record<string, string>>; commit: string | null },
): Pick<TaskExecution, 'environment' | 'variables' | 'about'> {
  const handedOn = withVariables(environment, 'output', now.outputs);
  const whole = withVariables(withVariables(handedOn, 'task', variables), 'nightjar', {
    NIGHTJAR_TASK: name,
    NIGHTJAR_TASK_ATTEMPT: String(now.attempt),
    ...(now.commit !== null && { NIGHTJAR_COMMIT: now.commit }),
  });
  return {
    environment: valuesOf(whole),
    variables: valuesFrom(whole, ['home', 'job', 'output', 'task', 'param']),
    about: valuesFrom(whole, ['nightjar']),
  };
}

/** Of what a task gets in the end, the values whose strongest origin is one of these. */
function valuesFrom({ layers }: RunEnvironment, origins: readonly Origin[]): Record<string, string> {
  const strongest = new Map(
    layers.flatMap(({ origin, values }) => Object.entries(values).map((entry) => [entry[0], { origin, entry }])),
  );
  return Object.fromEntries(
    [...strongest.values()].filter(({ origin }) => origins.includes(origin)).map(({ entry }) => entry),
  );
}

function layer(
  origin: Origin,
  values: Readonly<Record<string, string>>,
  source: string | null = null,
): EnvironmentLayer {
  return { origin, source, values };
}

function readEnvFile(file: string): Record<string, string> {
  try {
    return parseEnv(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (error) {
    throw new Failure(
      'env-file',
      `env_file ${file} cannot be read: ${whyUnreadable(error)}. Create it, or take it out of the job.`,
      {
        cause: error,
      },
    );
  }
}
