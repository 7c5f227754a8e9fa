import type { Check, Status } from '../../api/api.ts';
import type { Core } from '../core.ts';
import { examine } from '../doctor.ts';
import { tasksOf } from '../job-file/definition.ts';
import { secretChecks } from '../secrets/secret-commands.ts';
import { ALL_JOBS } from '../store/schedule-store.ts';
import { missingEnvironment } from '../run/environment.ts';
import { machineTimezone } from '../trigger/zones.ts';

/** The state of the whole, as the header of the window and `nightjar status` show it. */
export function statusOf(core: Core): Omit<Status, 'host' | 'engineStarter'> {
  const { schedules, queue, lease, limits, home, disk, executors } = core.parts;
  const { environment: _environment, ...facts } = core.facts;
  const running = queue.running();
  const entries = home.jobs();
  const { runs, tasks } = limits();
  return {
    ...facts,
    instance: lease.instance,
    pid: process.pid,
    now: core.clock.now(),
    timezone: machineTimezone(),
    pause: schedules.pauses().get(ALL_JOBS) ?? null,
    olderRuns: running.filter((run) => run.owner !== lease.instance).length,
    dispatchStopped: disk.isFull ? 'The disk is full: nothing is started until there is room.' : null,
    running: running.length,
    queued: queue.countWaiting(),
    maxParallelRuns: runs,
    maxParallelTasks: tasks,
    jobs: entries.length,
    problems: entries.filter((entry) => entry.problems.some(({ severity }) => severity === 'error')).length,
    engine: executors.docker.engine(),
    engines: [...executors.docker.engines()].map(([context, engine]) => ({ context, ...engine })),
  };
}

/** `doctor`: asks the engine now, and looks at the rest. */
export async function examineAll(core: Core): Promise<Check[]> {
  const { executors, home, database, secretStore, storageView, machine } = core.parts;
  const { jobsHome, environment } = core.facts;
  const tasks = home.jobs().flatMap(({ definition }) => (definition === null ? [] : tasksOf(definition)));
  const contexts = [...new Set(tasks.flatMap(({ engine }) => engine ?? []))].sort();
  const asked = contexts.map(async (context) => [context, await executors.docker.checkEngine(context)] as const);
  const [engine, ...named] = await Promise.all([executors.docker.checkEngine(), ...asked]);
  const engines = new Map(named);
  const secrets = await secretChecks(secretStore, home.jobs());
  const storage = await storageView.check();
  return examine({
    engine,
    engines,
    jobsHome,
    database,
    entries: home.jobs(),
    host: environment,
    secrets,
    storage,
    machine,
  });
}

export async function lookAgain(core: Core): Promise<string[]> {
  await core.host.learn(true);
  core.emit('jobs.changed', undefined, {});
  core.queueChanged();
  return allMissingEnvironment(core);
}

/** What jobs require of this machine's environment and is not set, sorted. */
export function allMissingEnvironment(core: Core): string[] {
  const { environment } = core.facts;
  const definitions = core.parts.home.jobs().flatMap(({ definition }) => definition ?? []);
  return [...new Set(definitions.flatMap((definition) => missingEnvironment(definition, environment)))].sort();
}
