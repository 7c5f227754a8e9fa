import type { Environment, Variable } from '../../api/api.ts';
import { ORIGINS, type Origin } from '../../api/words.ts';
import type { JobDefinition } from '../job-file/definition.ts';
import { aboutRun } from '../run/environment.ts';
import type { EnvironmentStore, HashedVariable } from '../store/environment-store.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { RunStore } from '../store/run-store.ts';
import type { TaskRunStore } from '../store/task-run-store.ts';

/** One variable of one origin, before it is known which of several with the same name wins. */
interface Setting {
  readonly name: string;
  /** Null: it is for every task. */
  readonly task: string | null;
  readonly origin: Origin;
  readonly source: string | null;
  /** Null where it is not stored. */
  readonly value: string | null;
  /** Undefined where it is not known: the run has not started. */
  readonly digest: string | undefined;
}

/**
 * A run's variables with their origins. What the definition and the params say is read from there; of all else only the names
 * were stored, with a keyed hash that tells whether it is what the run before had.
 */
export class EnvironmentView {
  readonly #store: EnvironmentStore;
  readonly #runs: RunStore;
  readonly #tasks: Pick<TaskRunStore, 'outputsOf'>;

  constructor(store: EnvironmentStore, runs: RunStore, tasks: Pick<TaskRunStore, 'outputsOf'>) {
    this.#store = store;
    this.#runs = runs;
    this.#tasks = tasks;
  }

  of(run: RunRecord): Environment {
    const definition = this.#runs.definitionOf(run.id);
    if (definition === undefined) return { isRead: false, files: [], comparedTo: null, variables: [] };
    const hashed = this.#store.of(run.id);
    const before = hashed === undefined ? undefined : this.#store.before(run);
    const earlier = before === undefined ? undefined : this.#digestsOf(before.id);
    const variables = winners(this.#settings(run, definition, hashed)).map(({ digest, ...variable }): Variable => {
      if (earlier === undefined || variable.origin === 'nightjar') return { ...variable, change: null };
      const was = earlier.get(keyOf(variable));
      return { ...variable, change: was === undefined ? 'new' : was === digest ? null : 'changed' };
    });
    const isRead = hashed !== undefined;
    return { isRead, files: [...definition.envFile], comparedTo: before ?? null, variables };
  }

  #digestsOf(runId: number): Map<string, string | undefined> | undefined {
    const [run, definition] = [this.#runs.getRun(runId), this.#runs.definitionOf(runId)];
    if (run === undefined || definition === undefined) return undefined;
    const all = winners(this.#settings(run, definition, this.#store.of(runId)));
    return new Map(all.map((variable) => [keyOf(variable), variable.digest]));
  }

  /** The weakest first. */
  #settings(run: RunRecord, definition: JobDefinition, hashed: readonly HashedVariable[] | undefined): Setting[] {
    const said = (origin: Origin, values: Readonly<Record<string, string>>, task: string | null = null): Setting[] =>
      Object.entries(values).map(([name, value]) => {
        return { name, task, origin, source: null, value, digest: this.#store.digest(name, value) };
      });
    const unread = (origin: Origin, names: readonly string[]): Setting[] =>
      names.map((name) => ({ name, task: null, origin, source: null, value: null, digest: undefined }));
    const notStored = hashed?.map((variable) => ({ ...variable, task: null, value: null })) ?? [
      ...unread('host', definition.requiresEnv),
      ...unread('secret', definition.secrets),
    ];
    const all = [
      ...notStored,
      ...said('home', definition.homeVariables),
      ...said('job', definition.variables),
      ...this.#outputs(run, definition),
      ...tasksOf(definition).flatMap(({ place, variables }) => said('task', variables, place)),
      ...said('param', run.params),
      ...said('nightjar', aboutRun(definition, run)),
    ];
    return all.sort((a, b) => ORIGINS.indexOf(a.origin) - ORIGINS.indexOf(b.origin));
  }

  #outputs({ id, attempt }: RunRecord, { steps }: JobDefinition): Setting[] {
    return this.#tasks.outputsOf(id, attempt).map(({ part, groupIndex, taskIndex, name, value }) => {
      const group = part === 'step' ? steps[groupIndex] : undefined;
      const source = `${group?.name ?? part}/${group?.tasks[taskIndex]?.name ?? taskIndex + 1}`;
      return { name, task: null, origin: 'output' as const, source, value, digest: this.#store.digest(name, value) };
    });
  }
}

/** `step/task`, as logs and commands write it. */
function tasksOf(job: JobDefinition): { place: string; variables: Readonly<Record<string, string>> }[] {
  const handlers = [
    { name: 'on_success', tasks: job.onSuccess },
    { name: 'on_failure', tasks: job.onFailure },
    { name: 'on_cancel', tasks: job.onCancel },
    { name: 'always', tasks: job.always },
  ];
  return [...job.steps, ...handlers].flatMap(({ name, tasks }) =>
    tasks.map((task) => ({ place: `${name}/${task.name}`, variables: task.variables })),
  );
}

/**
 * What the tasks get in the end, by name: for all tasks the strongest of what is for all, and each task's own where nothing
 * stronger is for all.
 */
function winners(weakestFirst: readonly Setting[]): (Omit<Variable, 'change'> & Pick<Setting, 'digest'>)[] {
  const byName = Map.groupBy(weakestFirst.toReversed(), ({ name }) => name);
  return [...byName.values()].flatMap((strongestFirst) => {
    const isOfTask = ({ task }: Setting): boolean => task !== null;
    const shared = strongestFirst.findIndex((setting) => !isOfTask(setting));
    const own = strongestFirst.slice(0, shared === -1 ? undefined : shared).toReversed();
    const rest = shared === -1 ? [] : strongestFirst.slice(shared);
    return [
      ...rest.slice(0, 1).map((setting) => ({ ...setting, overrides: rest.slice(1).map(overridden) })),
      ...own.map((setting) => ({ ...setting, overrides: rest.map(overridden) })),
    ];
  });
}

function overridden({ task, origin, source, value }: Setting): Variable['overrides'][number] {
  return { task, origin, source, value };
}

function keyOf({ name, task }: Pick<Setting, 'name' | 'task'>): string {
  return `${name} ${task ?? ''}`;
}
