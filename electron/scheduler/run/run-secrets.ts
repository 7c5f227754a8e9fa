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

/**
 * The secrets of a run that begins or goes on. Where they cannot be had, a run that begins fails with that sentence. One that a
 * crash cut off still has tasks with those secrets in their environment, which must be stopped, and which nobody can mask any more:
 * that is told as a `problem`.
 */
export async function readRunSecrets(
  run: { readonly id: number },
  { secrets }: JobDefinition,
  rows: Pick<TaskRows, 'taskRunsOf'>,
  read: ReadSecrets,
): Promise<RunSecrets> {
  if (secrets.length === 0) return { values: {}, problem: null };
  try {
    return { values: await read(secrets), problem: null };
  } catch (error) {
    const isCutOff = rows.taskRunsOf(run.id).some(({ state }) => state === 'running');
    if (!(error instanceof Failure) || !isCutOff) throw error;
    return { values: {}, problem: `its log could not be masked any more: ${error.message}` };
  }
}

/** A log that takes Nightjar's own words and drops what tasks write. */
export function withoutOutput<Log extends RunLog>(log: Log): Log {
  return {
    ...log,
    taskLog: (taskRunId) => ({ ...log.taskLog(taskRunId), write: async () => {} }),
  };
}
