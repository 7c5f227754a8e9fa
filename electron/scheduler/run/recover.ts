import type { JobDefinition } from '../job-file/definition.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { RunStore } from '../store/run-store.ts';
import type { ActiveRuns } from './active-runs.ts';

/** Who else works on this data folder. */
export interface Instances {
  /** This one. */
  readonly instance: string;
  deadOwners(owners: readonly string[]): string[];
}

/**
 * Goes on with this instance's own runs that nothing executes any more: their end could not be written, because the database
 * was busy for too long or the disk was full. What their tasks have become is stored, so only the end is found and written again.
 */
export function recoverOwnRuns(instance: string, runs: RunStore, active: ActiveRuns): void {
  for (const id of runs.runningOwnedBy(instance)) if (!active.has(id)) goOn(id, runs, active);
}

/**
 * Goes on with the runs of instances that are dead, and only theirs: adopts each and executes what is left of it. What its tasks
 * have become in the meantime is found out by their executors. Returns how many there were.
 */
export function recoverRuns(instances: Instances, runs: RunStore, active: ActiveRuns): number {
  const owners = runs.runningOwners().filter((owner) => owner !== instances.instance);
  let count = 0;
  for (const dead of instances.deadOwners(owners)) {
    for (const id of runs.runningOwnedBy(dead)) {
      // Another instance may look at the same moment; one of the two adopts it.
      if (!runs.adopt(id, dead, instances.instance)) continue;
      goOn(id, runs, active);
      count += 1;
    }
  }
  return count;
}

function goOn(id: number, runs: RunStore, active: ActiveRuns): void {
  const run = runs.getRun(id) as RunRecord;
  active.start(run, runs.definitionOf(id) as JobDefinition);
  // It was asked for while nobody was there to obey.
  if (run.cancelRequestedAt !== null) active.stop(run.id, { kind: 'cancelled', by: 'you' });
}
