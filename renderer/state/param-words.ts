import type { Job, Run } from '../../electron/api/api.ts';

/**
 * "day = monday, full = true": the params that tell a run from others of its job, which are those that are not the default. Of a job
 * that is not known any more they all do.
 */
export function paramWords(run: Pick<Run, 'params'>, job: Pick<Job, 'params'> | undefined): string {
  const presets = new Map(job?.params.map(({ name, default: preset }) => [name, preset]));
  return Object.entries(run.params)
    .filter(([name, value]) => presets.get(name) !== value)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ');
}
