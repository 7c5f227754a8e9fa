import { Failure } from '../failure.ts';
import type { JobDefinition } from '../job-file/definition.ts';
import type { RunLog } from './run-context.ts';
import type { TaskRows } from './task-rows.ts';

/** Values by name, of all these names; a Failure says which cannot be had and what to do. */
export type ReadSecrets = (names: readonly string[]) => Promise<Readonly<Record<string, string>>>;

export interface RunSecrets {
  readonly values: Readonly<Record<string, string>>;
  /** Why there are none although there should be; then nothing that the run's tasks write may be stored. */
  readonly problem: string | null;
}

export interface RunSecretsPorts {
  readonly readSecrets: ReadSecrets;
  /** Names of those that have another value now than when the run's tasks got them. */
  replacedSecrets(runId: number, values: Readonly<Record<string, string>>): string[];
  readonly rows: Pick<TaskRows, 'taskRunsOf'>;
}

/**
 * The secrets of a run that begins or goes on. Where they cannot be had, a run that begins fails with that sentence. One that a
 * crash cut off still has tasks with those secrets in their environment, which must be stopped, and which nobody can mask any more:
 * that is told as a `problem`.
 */
export async function readRunSecrets(
  run: { readonly id: number },
  { secrets }: JobDefinition,
  { readSecrets, replacedSecrets, rows }: RunSecretsPorts,
): Promise<RunSecrets> {
  if (secrets.length === 0) return { values: {}, problem: null };
  const isCutOff = rows.taskRunsOf(run.id).some(({ state }) => state === 'running');
  try {
    const values = await readSecrets(secrets);
    const replaced = isCutOff ? replacedSecrets(run.id, values) : [];
    if (replaced.length === 0) return { values, problem: null };
    return unmaskable(`${replaced.join(', ')} ${replaced.length === 1 ? 'was' : 'were'} replaced meanwhile`);
  } catch (error) {
    if (!(error instanceof Failure) || !isCutOff) throw error;
    return unmaskable(error.message);
  }
}

function unmaskable(why: string): RunSecrets {
  return { values: {}, problem: `its log could not be masked any more: ${why}` };
}

/** A log that takes Nightjar's own words and drops what tasks write. */
export function withoutOutput<Log extends RunLog>(log: Log): Log {
  return {
    ...log,
    taskLog: (taskRunId) => ({ ...log.taskLog(taskRunId), write: async () => {} }),
  };
}
