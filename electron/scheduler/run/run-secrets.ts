import type { Clock } from '../clock.ts';
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
  readonly clock: Clock;
}

/** How long secrets may take that were asked for when the run was told to stop; a keyring that asks its user takes a minute. */
const WAITED_FOR_MS = 1_000;

/**
 * The secrets of a run that begins or goes on. Where they cannot be had, a run that begins fails with that sentence. One that a
 * crash cut off still has tasks with those secrets in their environment, which must be stopped, and which nobody can mask any more:
 * that is told as a `problem`. Null: it was told to stop before they were there, and no task has begun.
 */
export async function readRunSecrets(
  run: { readonly id: number },
  { secrets }: JobDefinition,
  { readSecrets, replacedSecrets, rows, clock }: RunSecretsPorts,
  stopping: AbortSignal,
): Promise<RunSecrets | null> {
  if (secrets.length === 0) return { values: {}, problem: null };
  const isCutOff = rows.taskRunsOf(run.id).some(({ state }) => state === 'running');
  try {
    const values = await unlessStopped(readSecrets(secrets), clock, stopping);
    if (values === undefined) return isCutOff ? unmaskable('it was told to stop before its secrets were read') : null;
    const replaced = isCutOff ? replacedSecrets(run.id, values) : [];
    if (replaced.length === 0) return { values, problem: null };
    return unmaskable(`${replaced.join(', ')} ${replaced.length === 1 ? 'was' : 'were'} replaced meanwhile`);
  } catch (error) {
    if (!(error instanceof Failure) || !isCutOff) throw error;
    return unmaskable(error.message);
  }
}

/** Undefined where it is not there soon after the signal. */
function unlessStopped<T>(value: Promise<T>, clock: Clock, signal: AbortSignal): Promise<T | undefined> {
  let forget = (): void => {};
  const stopped = new Promise<undefined>((resolve) => {
    const onAbort = (): void => void (forget = clock.after(WAITED_FOR_MS, () => resolve(undefined)));
    forget = () => signal.removeEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
  return Promise.race([value, stopped]).finally(() => forget());
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
