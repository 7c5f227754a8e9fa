import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Check, Engine } from '../api/api.ts';
import { untellable } from './conditions.ts';
import { messageOf } from './failure.ts';
import { addTo, namesOf } from './job-names.ts';
import { tasksOf } from './job-file/definition.ts';
import { isGitUrl } from './job-file/git-url.ts';
import type { JobEntry } from './job-file/job-table.ts';
import type { Machine } from './machine.ts';
import { missingEnvironment } from './run/environment.ts';
import { Slices } from './slices.ts';

export interface DoctorFacts {
  readonly engine: Engine;
  /** Those that tasks name, by Docker context. */
  readonly engines: ReadonlyMap<string, Engine>;
  readonly jobsHome: string;
  readonly database: string;
  readonly entries: readonly JobEntry[];
  readonly host: NodeJS.ProcessEnv;
  readonly secrets: readonly Check[];
  readonly storage: Check;
  readonly machine: Machine;
}

const GIT_LIMIT_MS = 5_000;

/**
 * Everything that jobs may need of this machine, all at once (Orchestrate's check). An engine or git is asked for only where a
 * job uses one; without such a job their absence is told and is no fault.
 */
export async function examine(facts: DoctorFacts): Promise<Check[]> {
  const definitions = facts.entries.flatMap(({ definition }) => definition ?? []);
  const needsEngine = definitions.some((job) =>
    tasksOf(job).some(({ executor, engine }) => executor === 'docker' && engine === null),
  );
  return [
    engineCheck(facts.engine, needsEngine),
    ...[...facts.engines].map(([context, engine]) => contextCheck(context, engine)),
    await homeCheck(facts),
    { name: 'database', isOk: true, message: `${facts.database} is open and sound.` },
    facts.storage,
    { name: 'node', isOk: true, message: `Node ${process.versions.node}.` },
    await gitCheck(definitions.some(({ repo }) => repo !== null && isGitUrl(repo))),
    ...(await environmentChecks(facts)),
    ...machineChecks(facts),
    ...facts.secrets,
  ];
}

/** What jobs ask of the machine and this host cannot answer: no fault, but nobody should believe that it is watched. */
function machineChecks({ entries, machine }: DoctorFacts): Check[] {
  const jobsByKey = new Map<string, string[]>();
  for (const { definition } of entries) {
    if (definition === null) continue;
    for (const key of untellable(definition, machine)) addTo(jobsByKey, key, definition.id);
  }
  return [...jobsByKey].map(([key, jobs]) => {
    const reason =
      key === 'keep_awake' ? 'this host cannot keep the machine awake' : 'this host cannot tell, so it counts as met';
    return { name: 'machine', isOk: true, message: `\`${key}\` of ${namesOf(jobs)}: ${reason}.` };
  });
}

function engineCheck(engine: Engine, isNeeded: boolean): Check {
  const { state, host, foundBy, version, error } = engine;
  if (state === 'available') {
    return { name: 'engine', isOk: true, message: `Docker ${version} answers at ${host}, found by ${foundBy}.` };
  }
  const where = host === null ? 'Docker does not answer' : `Docker does not answer at ${host} (found by ${foundBy})`;
  const effect = isNeeded ? 'Start it; runs with containers wait for it.' : 'No job needs it.';
  return { name: 'engine', isOk: !isNeeded, message: `${where}: ${error ?? 'nobody asked it yet'} ${effect}` };
}

function contextCheck(context: string, { state, host, version, error }: Engine): Check {
  const name = `engine ${context}`;
  if (state === 'available') return { name, isOk: true, message: `Docker ${version} answers at ${host}.` };
  return { name, isOk: false, message: `${error ?? 'It does not answer.'} Runs whose tasks name it wait for it.` };
}

async function homeCheck({ jobsHome, entries }: DoctorFacts): Promise<Check> {
  try {
    await access(jobsHome, constants.R_OK | constants.X_OK);
  } catch (error) {
    return {
      name: 'jobs home',
      isOk: false,
      message: `${jobsHome} cannot be read (${messageOf(error)}). Create it, or name another with --home.`,
    };
  }
  const bad = entries.filter(({ problems }) => problems.some(({ severity }) => severity === 'error')).length;
  const jobs = `${entries.length} ${entries.length === 1 ? 'job' : 'jobs'} in ${jobsHome}`;
  if (bad === 0) return { name: 'jobs home', isOk: true, message: `${jobs}.` };
  return {
    name: 'jobs home',
    isOk: false,
    message: `${jobs}, ${bad} with problems: \`nightjar validate\` lists them.`,
  };
}

async function gitCheck(isNeeded: boolean): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version'], { timeout: GIT_LIMIT_MS });
    return { name: 'git', isOk: true, message: `${stdout.trim()}.` };
  } catch (error) {
    const effect = isNeeded ? 'Install it; jobs with a git `repo` need it.' : 'No job needs it.';
    return { name: 'git', isOk: !isNeeded, message: `git does not run (${messageOf(error)}). ${effect}` };
  }
}

async function environmentChecks({ entries, host }: DoctorFacts): Promise<Check[]> {
  const jobsByName = new Map<string, string[]>();
  const slices = new Slices();
  for (const { definition } of entries) {
    if (definition === null) continue;
    for (const name of missingEnvironment(definition, host)) addTo(jobsByName, name, definition.id);
    if (slices.isOver) await slices.rest();
  }
  if (jobsByName.size === 0)
    return [{ name: 'environment', isOk: true, message: 'Every variable that a job requires is set.' }];
  return [...jobsByName].map(([name, jobs]) => ({
    name: 'environment',
    isOk: false,
    message: `${name} is not set; ${namesOf(jobs)} ${jobs.length === 1 ? 'requires' : 'require'} it. Set it in your shell's profile.`,
  }));
}
