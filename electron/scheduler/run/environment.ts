import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { Failure, messageOf } from '../failure.ts';
import type { JobDefinition } from '../job-file/definition.ts';
import type { Trigger } from '../../api/words.ts';

export interface RunEnvironment {
  /** What every task of the run gets; a task's own variables come on top of it. */
  readonly values: Readonly<Record<string, string>>;
  /** Values that no log may show (product.md, Environment: `env_file` values are masked). */
  readonly masked: readonly string[];
}

/** The variables that a job needs from the host and that are not set there, all of them. */
export function missingEnvironment(
  { requiresEnv }: Pick<JobDefinition, 'requiresEnv'>,
  host: NodeJS.ProcessEnv,
): string[] {
  return requiresEnv.filter((name) => host[name] === undefined || host[name] === '');
}

/**
 * Builds a run's environment when it starts, never earlier: names in `requires_env` from the host, then `env_file`, then the
 * job's variables, then what Nightjar says about the run itself.
 *
 * @throws Failure `env-file` when a named file cannot be read.
 */
export function readEnvironment(
  definition: JobDefinition,
  run: { readonly id: number; readonly number: number; readonly trigger: Trigger; readonly attempt: number },
  host: NodeJS.ProcessEnv,
): RunEnvironment {
  const required = Object.fromEntries(definition.requiresEnv.map((name) => [name, host[name] ?? '']));
  const files = definition.envFile.map((file) => readEnvFile(file));
  return {
    values: Object.assign({}, required, ...files, definition.variables, {
      NIGHTJAR: '1',
      NIGHTJAR_JOB: definition.id,
      NIGHTJAR_PIPELINE_NAME: definition.pipelineName,
      NIGHTJAR_RUN: String(run.id),
      NIGHTJAR_RUN_NUMBER: String(run.number),
      NIGHTJAR_TRIGGER: run.trigger,
      NIGHTJAR_ATTEMPT: String(run.attempt),
    }) as Record<string, string>,
    // Masking anything shorter would black out half the log (product.md sets the same limit for secrets).
    masked: files.flatMap((file) => Object.values(file)).filter((value) => value.length >= 4),
  };
}

function readEnvFile(file: string): Record<string, string> {
  try {
    return parseEnv(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (error) {
    throw new Failure(
      'env-file',
      `env_file ${file} cannot be read: ${messageOf(error)}. Create it, or take it out of the job.`,
      {
        cause: error,
      },
    );
  }
}
