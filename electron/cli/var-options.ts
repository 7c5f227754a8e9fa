import { closest } from '../scheduler/job-file/closest.ts';
import type { JobDefinition } from '../scheduler/job-file/definition.ts';

type Values = Readonly<Record<string, string>>;

/**
 * What `run --var` sets: the job's params, and whatever else is a variable of every task. A name that is nearly a param's counts
 * as one, so that a typing mistake is refused with the name that was meant.
 */
export function splitVars(
  { params, variables, homeVariables }: Pick<JobDefinition, 'params' | 'variables' | 'homeVariables'>,
  given: Values,
): { params: Values; variables: Values } {
  const isParam = (name: string): boolean => {
    if (Object.hasOwn(params, name)) return true;
    if (Object.hasOwn(variables, name) || Object.hasOwn(homeVariables, name)) return false;
    return closest(name, Object.keys(params)) !== undefined;
  };
  const [ofParams, others] = [true, false].map((wanted) =>
    Object.fromEntries(Object.entries(given).filter(([name]) => isParam(name) === wanted)),
  );
  return { params: ofParams as Values, variables: others as Values };
}
