import { Failure } from '../failure.ts';
import { AfterGraph, type AfterNode } from './after-graph.ts';
import { closest } from './closest.ts';
import type { AfterDefinition, JobDefinition, Problem } from './definition.ts';
import type { ParsedJob } from './parse.ts';

// About two milliseconds.
const IDS_AT_A_STRETCH = 500;

/** One job file of the home, and what holds for it now. */
export interface JobEntry {
  /** Path without the extension. Two files that differ in the extension have the same; both have a Problem then. */
  readonly id: string;
  /** Below the jobs home, with `/`. */
  readonly file: string;
  /** The last valid version; null where none has been seen. */
  readonly definition: JobDefinition | null;
  /** Whether `definition` is what the file says now. */
  readonly isCurrent: boolean;
  readonly problems: readonly Problem[];
}

/** A job that starts after another one, and which end of that counts. */
export interface Follower {
  readonly definition: JobDefinition;
  readonly on: AfterDefinition['on'];
}

const NOBODY: readonly Follower[] = [];

/** What a change made of the jobs: new or other definitions, and ids that have none any more. */
export interface JobsChange {
  readonly changed: JobDefinition[];
  readonly removed: string[];
}

/** The last valid version of a job that an earlier start has seen; null: none. Asked for files that are not valid when first read. */
export type LastValid = (id: string) => JobDefinition | null;

export function idOf(path: string): string {
  return path.replace(/\.ya?ml$/i, '');
}

/**
 * The jobs by file, id and name. Keeps the last valid version of a file that turns bad, and gives both files a Problem whose
 * ids differ in case or extension only: they would be one job on a file system or in a database that folds case.
 */
export class JobTable {
  readonly #parsed = new Map<string, ParsedJob>();
  readonly #entries = new Map<string, JobEntry>();
  /** Lists, because nearly all have one entry, and a Set costs 200 bytes more. */
  readonly #pathsByLowerId = new Map<string, readonly string[]>();
  /** By id the definition that was told last: one that says the same is not news. */
  readonly #told = new Map<string, JobDefinition>();
  /** By file: what is wrong with its `after`, which another file's change may mend or spoil. */
  readonly #afterProblems = new Map<string, readonly Problem[]>();
  readonly #idsByLower = new Map<string, readonly string[]>();
  readonly #unsettled = new Set<string>();
  readonly #lastValid: LastValid;
  #sorted: JobEntry[] | undefined;
  #byName: Map<string, JobEntry[]> | undefined;
  #followers: Map<string, Follower[]> | undefined;

  constructor(lastValid: LastValid) {
    this.#lastValid = lastValid;
  }

  put(path: string, parsed: ParsedJob): void {
    const lowerId = idOf(path).toLowerCase();
    include(this.#pathsByLowerId, lowerId, path);
    this.#parsed.set(path, parsed);
    this.#unsettled.add(lowerId);
  }

  remove(path: string): void {
    const lowerId = idOf(path).toLowerCase();
    exclude(this.#pathsByLowerId, lowerId, path);
    this.#parsed.delete(path);
    this.#entries.delete(path);
    this.#unsettled.add(lowerId);
  }

  /**
   * Works out what all `put` and `remove` since the last time came to; null where there were none. With thousands of them
   * `pause` is awaited now and then, so that others get their turn.
   */
  async settle(pause: () => Promise<void>): Promise<JobsChange | null> {
    const change: JobsChange = { changed: [], removed: [] };
    if (this.#unsettled.size === 0) return null;
    this.#judgeAfter();
    let count = 0;
    for (const lowerId of this.#unsettled) {
      const paths = (this.#pathsByLowerId.get(lowerId) ?? []).toSorted();
      for (const path of paths) this.#settleFile(path, paths);
      this.#tell(lowerId, paths, change);
      this.#unsettled.delete(lowerId);
      count += 1;
      if (count % IDS_AT_A_STRETCH === 0) await pause();
    }
    this.#sorted = undefined;
    this.#byName = undefined;
    this.#followers = undefined;
    return change;
  }

  /** Sorted by file. */
  all(): JobEntry[] {
    this.#sorted ??= [...this.#entries.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
    return this.#sorted;
  }

  /** Files other than `path` whose id would be the same where case and extension do not count. */
  rivals(path: string): string[] {
    return (this.#pathsByLowerId.get(idOf(path).toLowerCase()) ?? []).filter((other) => other !== path);
  }

  /** By exact id, else by a `pipeline_name` that only one job has. */
  get(idOrName: string): JobEntry {
    this.#byName ??= Map.groupBy(this.all(), (entry) => entry.definition?.pipelineName ?? '');
    const withId = (this.#pathsByLowerId.get(idOrName.toLowerCase()) ?? [])
      .map((path) => this.#entries.get(path))
      .filter((entry) => entry?.id === idOrName);
    // Of two files with one id the one that has a version to run.
    const byId = withId.find((entry) => entry?.definition) ?? withId[0];
    if (byId !== undefined) return byId;
    const named = idOrName === '' ? [] : (this.#byName.get(idOrName) ?? []);
    if (named.length === 1 && named[0] !== undefined) return named[0];
    if (named.length > 1) {
      const ids = named.map((entry) => entry.id).join(', ');
      throw new Failure('ambiguous-job', `${named.length} jobs are called ${idOrName}: say which by its id: ${ids}.`);
    }
    const names = this.all().flatMap(({ id, definition }) => (definition ? [id, definition.pipelineName] : [id]));
    const meant = closest(idOrName, names);
    const hint = meant === undefined ? 'The list of jobs has all ids and names.' : `Did you mean ${meant}?`;
    throw new Failure('no-such-job', `There is no job with the id or pipeline_name ${idOrName}. ${hint}`);
  }

  /** The jobs that start after an end of this one, as they are in force. */
  followersOf(id: string): readonly Follower[] {
    this.#followers ??= this.#allFollowers();
    return this.#followers.get(id) ?? NOBODY;
  }

  /** What would be wrong with the `after` of a file, were it `parsed`. */
  afterProblemsOf(path: string, parsed: ParsedJob): Problem[] {
    const { afterPlaces } = parsed;
    if (afterPlaces === undefined) return [];
    return this.#graph({ path, parsed }).problemsOf(this.#nodeOf(path, parsed), path, afterPlaces);
  }

  #allFollowers(): Map<string, Follower[]> {
    const entries = new Map(this.all().map((entry) => [entry.id, entry]));
    const all = new Map<string, Follower[]>();
    if (![...entries.values()].some(({ definition }) => (definition?.after.length ?? 0) > 0)) return all;
    const graph = new AfterGraph([...entries.values()]);
    for (const id of entries.keys()) {
      const followers = graph.followersOf(id).flatMap((follower): Follower[] => {
        const definition = entries.get(follower.id)?.definition ?? null;
        const entry = definition?.after[follower.index];
        return definition === null || entry === undefined ? [] : [{ definition, on: entry.on }];
      });
      if (followers.length > 0) all.set(id, followers);
    }
    return all;
  }

  #settleFile(path: string, rivals: readonly string[]): void {
    const parsed = this.#parsed.get(path);
    if (parsed === undefined) return;
    const conflict = conflictProblem(path, rivals);
    const ofOthers = [...(conflict === null ? [] : [conflict]), ...(this.#afterProblems.get(path) ?? [])];
    const problems = ofOthers.length === 0 ? parsed.problems : inOrder([...ofOthers, ...parsed.problems]);
    const isCurrent = parsed.definition !== null && !ofOthers.some(isError);
    const definition = isCurrent ? parsed.definition : this.#lastOf(path);
    this.#entries.set(path, { id: idOf(path), file: path, definition, isCurrent, problems });
  }

  /** The version that holds while the file itself has none: its own last one, or that of an earlier start. */
  #lastOf(path: string): JobDefinition | null {
    const before = this.#entries.get(path);
    return before === undefined ? this.#lastValid(idOf(path)) : before.definition;
  }

  /** Every file's node: what it says, or what holds in its place. `instead` looks at one as if it said something else. */
  #graph(instead?: { readonly path: string; readonly parsed: ParsedJob }): AfterGraph {
    const paths = new Set([...this.#parsed.keys(), ...(instead === undefined ? [] : [instead.path])]);
    return new AfterGraph(
      [...paths].map((path) => this.#nodeOf(path, instead?.path === path ? instead.parsed : undefined)),
    );
  }

  #nodeOf(path: string, parsed = this.#parsed.get(path)): AfterNode {
    return { id: idOf(path), definition: parsed?.definition ?? this.#lastOf(path) };
  }

  /** Any change may make or mend a circle, or give a job the name that others wait for: what is judged otherwise now is unsettled. */
  #judgeAfter(): void {
    const having = [...this.#parsed].filter(([, { afterPlaces }]) => afterPlaces !== undefined);
    const graph = having.length === 0 ? undefined : this.#graph();
    const judged = new Map<string, readonly Problem[]>();
    for (const [path, { afterPlaces = [] }] of having) {
      const problems = graph?.problemsOf(this.#nodeOf(path), path, afterPlaces) ?? [];
      if (problems.length > 0) judged.set(path, problems);
    }
    for (const path of new Set([...this.#afterProblems.keys(), ...judged.keys()])) {
      const [before, now] = [this.#afterProblems.get(path) ?? [], judged.get(path) ?? []];
      if (JSON.stringify(before) === JSON.stringify(now)) continue;
      this.#afterProblems.set(path, now);
      if (now.length === 0) this.#afterProblems.delete(path);
      this.#unsettled.add(idOf(path).toLowerCase());
    }
  }

  // News is told by id: two files of one id are one job to everybody else.
  #tell(lowerId: string, paths: readonly string[], change: JobsChange): void {
    const definitions = new Map<string, JobDefinition>();
    for (const path of paths) {
      const entry = this.#entries.get(path);
      if (entry?.definition && !definitions.has(entry.id)) definitions.set(entry.id, entry.definition);
    }
    for (const [id, definition] of definitions) {
      if (isSame(this.#told.get(id), definition)) continue;
      this.#told.set(id, definition);
      change.changed.push(definition);
      include(this.#idsByLower, lowerId, id);
    }
    for (const id of this.#idsByLower.get(lowerId) ?? []) {
      if (definitions.has(id)) continue;
      this.#told.delete(id);
      exclude(this.#idsByLower, lowerId, id);
      change.removed.push(id);
    }
  }
}

function include(lists: Map<string, readonly string[]>, key: string, value: string): void {
  const list = lists.get(key);
  // Of nothing and one more V8 makes a list with room for seventeen.
  if (list === undefined) lists.set(key, [value]);
  else if (!list.includes(value)) lists.set(key, [...list, value]);
}

/** A list that has nothing any more is gone. */
function exclude(lists: Map<string, readonly string[]>, key: string, value: string): void {
  const rest = (lists.get(key) ?? []).filter((other) => other !== value);
  if (rest.length === 0) lists.delete(key);
  else lists.set(key, rest);
}

const isError = ({ severity }: Problem): boolean => severity === 'error';

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function isSame(told: JobDefinition | undefined, definition: JobDefinition): boolean {
  return told === definition || (told !== undefined && JSON.stringify(told) === JSON.stringify(definition));
}

/** The Problem of a file whose id another has too, but for case and extension; null where there is no other. */
export function conflictProblem(path: string, rivals: readonly string[]): Problem | null {
  const others = rivals.filter((rival) => rival !== path);
  if (others.length === 0) return null;
  const message =
    `the id of this job and of ${others.join(', ')} differ in case or extension only; ` +
    'rename one, so that each job has its own';
  return { file: path, line: 1, column: 1, message, severity: 'error' };
}
