import type { RunState } from '../../api/words.ts';
import { Failure } from '../failure.ts';

/**
 * The states of a run and what each may become. Every change of a run's state goes through `assertChange`; SQL that changes one
 * names the state it expects, so two writers cannot both succeed.
 *
 * `running` → `queued` is a job's retry: a new attempt of the same run that waits for its moment, and a run whose executor was
 * not there after all. `skipped` is born, never reached by running.
 */
const MAY_BECOME: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ['running', 'cancelled', 'skipped', 'failed'],
  running: ['succeeded', 'failed', 'cancelled', 'timed-out', 'interrupted', 'queued'],
  succeeded: [],
  failed: [],
  cancelled: [],
  'timed-out': [],
  interrupted: ['queued'],
  skipped: [],
};

export function isEnded(state: RunState): boolean {
  return state !== 'queued' && state !== 'running';
}

/** Throws when a run in state `from` may not become `to`: always a bug of ours, or a race that the caller must lose. */
export function assertChange(from: RunState, to: RunState): void {
  if (!MAY_BECOME[from].includes(to)) throw new Failure('bad-state', `A run that is ${from} cannot become ${to}.`);
}
