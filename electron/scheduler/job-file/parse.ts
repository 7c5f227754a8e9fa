import { dirname } from 'node:path';
import { buildDefinition } from './build-definition.ts';
import { checkJob, checkMerged, checkSteps } from './check.ts';
import type { LineColumn } from './after-graph.ts';
import type { CheckSchedule } from './check.ts';
import type { JobDefinition, Problem } from './definition.ts';
import { salvage } from './explain.ts';
import { stepsWithAbsolutePaths, withAbsolutePaths } from './paths.ts';
import { ProblemList, readYaml } from './read-yaml.ts';
import { homeSchema, jobSchema } from './schema.ts';
import type { HomeFile, JobFile, StepFile } from './schema.ts';

/**
 * From the text of a file to what it means, or to everything that is wrong with it. Pure: nothing is read, nothing is thrown
 * for what a file says, and the time is bounded whatever it says.
 */
export interface Parsing {
  readonly text: string;
  /** Absolute path of the file; relative paths in it begin at its folder. */
  readonly file: string;
  /** The path as the user knows it, for the Problems. */
  readonly shownAs: string;
  readonly checkSchedule: CheckSchedule;
  /** What `~` is. */
  readonly userHome: string;
}

export interface ParsedJob {
  /** Null where one of the Problems is an error. */
  readonly definition: JobDefinition | null;
  readonly problems: readonly Problem[];
  /** Where each entry of its `after` stands, if it has one: whether those jobs exist shows only when all files are known. */
  readonly afterPlaces?: readonly LineColumn[];
}

/** What nightjar.yml says, with absolute paths. */
export interface HomeSettings {
  readonly defaults: JobFile;
  readonly steps: readonly StepFile[] | null;
  readonly maxParallelRuns: number | null;
  readonly maxParallelTasks: number | null;
}

export const NO_HOME_SETTINGS: HomeSettings = {
  defaults: {},
  steps: null,
  maxParallelRuns: null,
  maxParallelTasks: null,
};

export interface ParsedHome {
  readonly settings: HomeSettings | null;
  readonly problems: readonly Problem[];
}

export function parseJob(parsing: Parsing & { readonly id: string; readonly home: HomeSettings }): ParsedJob {
  const { id, file, home } = parsing;
  const problems = new ProblemList(parsing.shownAs, parsing.text);
  // `job#12` is how people name a run.
  // eslint-disable-next-line no-control-regex
  if (/[#\u0000-\u001f\u007f]/.test(id)) {
    problems.addAt(0, "the file's name must not contain `#` or control characters, because it becomes the job's id");
  }
  const value = readYaml(parsing.text, problems);
  const valid = value === undefined ? undefined : (salvage(jobSchema, value, [], problems) as JobFile | undefined);
  if (valid === undefined) return { definition: null, problems: problems.list() };

  const job = withAbsolutePaths(valid, dirname(file), parsing.userHome);
  const merged = mergeMaps(home.defaults, job);
  const timezone = merged.timezone ?? null;
  checkJob(valid, [], problems, { checkSchedule: parsing.checkSchedule, timezone });
  checkMerged(id, valid, merged, problems, home.steps !== null);
  if (problems.hasErrors) return { definition: null, problems: problems.list() };
  const steps = merged.steps ?? (home.steps === null ? undefined : [...home.steps]);
  const own = { ...merged, variables: job.variables, steps };
  const definition = buildDefinition(id, file, own, home.defaults.variables ?? {});
  const parsed = { definition, problems: problems.list() };
  // Making the places costs as much as parsing.
  if (definition.after.length === 0) return parsed;
  return { ...parsed, afterPlaces: definition.after.map((_, index) => problems.placeOf(['after', index, 'job'])) };
}

export function parseHome(parsing: Parsing): ParsedHome {
  const problems = new ProblemList(parsing.shownAs, parsing.text);
  const value = readYaml(parsing.text, problems);
  const valid = value === undefined ? undefined : (salvage(homeSchema, value, [], problems) as HomeFile | undefined);
  if (valid === undefined) return { settings: null, problems: problems.list() };

  const { defaults = {}, steps, max_parallel_runs, max_parallel_tasks } = valid;
  const timezone = defaults.timezone ?? null;
  checkJob(defaults, ['defaults'], problems, { checkSchedule: parsing.checkSchedule, timezone });
  checkSteps(steps ?? [], ['steps'], problems);
  if (problems.hasErrors) return { settings: null, problems: problems.list() };
  const folder = dirname(parsing.file);
  return {
    settings: {
      defaults: withAbsolutePaths(defaults, folder, parsing.userHome),
      steps: steps === undefined ? null : stepsWithAbsolutePaths(steps, folder, parsing.userHome),
      maxParallelRuns: max_parallel_runs ?? null,
      maxParallelTasks: max_parallel_tasks ?? null,
    },
    problems: problems.list(),
  };
}

/** `file:line:column: message`, as compilers write it and editors understand it. */
export function formatProblem(problem: Problem): string {
  const warning = problem.severity === 'warning' ? 'warning: ' : '';
  return `${problem.file}:${problem.line}:${problem.column}: ${warning}${problem.message}`;
}

/** Maps by key, as deep as they go; everything else of `over` replaces what is below it. */
function mergeMaps<T extends object>(below: T, over: T): T {
  if (Object.keys(below).length === 0) return over;
  const result = { ...below } as Record<string, unknown>;
  for (const [key, value] of Object.entries(over)) {
    const under = result[key];
    const merged = isMap(under) && isMap(value) ? mergeMaps(under, value) : value;
    // Plain assignment of `__proto__` would set the prototype.
    Object.defineProperty(result, key, { value: merged, enumerable: true, writable: true, configurable: true });
  }
  return result as T;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
