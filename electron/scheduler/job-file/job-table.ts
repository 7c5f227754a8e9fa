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

/** A file, and what came of it. */
interface KnownFile {
  readonly file: string;
  /** Null: the file is gone, and whoever was told of its job has not heard yet. */
  parsed: ParsedJob | null;
  /** Null until `settle` has come to it. */
  entry: JobEntry | null;
  /** The definition that was told last: one that says the same is not news. Where two files have one id, the first has it. */
  told: JobDefinition | null;
}

/** Files whose ids are the same where case and extension do not count: nearly always one, and a list around it would be 56 bytes for each job. */
type Family = KnownFile | readonly KnownFile[];

/**
 * The jobs by file, id and name. Keeps the last valid version of a file that turns bad, and gives both files a Problem whose
 * ids differ in case or extension only: they would be one job on a file system or in a database that folds case.
 */
export class JobTable {
  /** By id in lower case. */
  readonly #families = new Map<string, Family>();
  /** By file: what is wrong with its `after`, which another file's change may mend or spoil. */
  readonly #afterProblems = new Map<string, readonly Problem[]>();
  readonly #unsettled = new Set<string>();
  readonly #lastValid: LastValid;
  #sorted: JobEntry[] | undefined;
  #followers: Map<string, Follower[]> | undefined;

  constructor(lastValid: LastValid) {
    this.#lastValid = lastValid;
  }

  put(path: string, parsed: ParsedJob): void {
    const lowerId = (parsed.definition?.id ?? idOf(path)).toLowerCase();
    const known = this.#find(path);
    if (known !== undefined) known.parsed = parsed;
    else {
      const family = this.#families.get(lowerId);
      const file: KnownFile = { file: path, parsed, entry: null, told: null };
      this.#families.set(lowerId, family === undefined ? file : [...filesOf(family), file]);
    }
    this.#unsettled.add(lowerId);
  }

  remove(path: string): void {
    const known = this.#find(path);
    if (known === undefined) return;
    known.parsed = null;
    known.entry = null;
    this.#unsettled.add(idOf(path).toLowerCase());
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
      const files = this.#filesBeside(lowerId);
      const present = files.filter(isPresent).sort(byFile);
      for (const known of present) this.#settleFile(known, present);
      tell(files, present, change);
      if (present.length === 0) this.#families.delete(lowerId);
      else if (present.length < files.length) this.#families.set(lowerId, present.length === 1 ? present[0]! : present);
      this.#unsettled.delete(lowerId);
      count += 1;
      if (count % IDS_AT_A_STRETCH === 0) await pause();
    }
    this.#sorted = undefined;
    this.#followers = undefined;
    return change;
  }

  /** Sorted by file. */
  all(): JobEntry[] {
    this.#sorted ??= [...this.#all()].flatMap(({ entry }) => entry ?? []).sort(byFile);
    return this.#sorted;
  }

  /** Files other than `path` whose id would be the same where case and extension do not count. */
  rivals(path: string): string[] {
    const files = this.#filesBeside(idOf(path).toLowerCase()).filter(isPresent);
    return files.map(({ file }) => file).filter((other) => other !== path);
  }

  /** By exact id; of two files with one id the one that has a version to run. */
  find(wanted: string): JobEntry | undefined {
    const family = this.#families.get(wanted.toLowerCase());
    if (family === undefined) return undefined;
    if ('file' in family) return family.entry?.id === wanted ? family.entry : undefined;
    const withId = family.flatMap(({ entry }) => (entry?.id === wanted ? entry : []));
    return withId.find(({ definition }) => definition !== null) ?? withId[0];
  }

  /** By exact id, else by a `pipeline_name` that only one job has. */
  get(idOrName: string): JobEntry {
    const byId = this.find(idOrName);
    if (byId !== undefined) return byId;
    const named = this.all().filter(({ definition }) => definition?.pipelineName === idOrName);
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

  #settleFile(known: KnownFile, present: readonly KnownFile[]): void {
    const { file, parsed } = known;
    if (parsed === null) return;
    const conflict = conflictProblem(file, present.map(fileOf));
    const ofOthers = [...(conflict === null ? [] : [conflict]), ...(this.#afterProblems.get(file) ?? [])];
    const problems = ofOthers.length === 0 ? parsed.problems : inOrder([...ofOthers, ...parsed.problems]);
    const isCurrent = parsed.definition !== null && !ofOthers.some(isError);
    const definition = isCurrent ? parsed.definition : this.#lastOf(file, known);
    known.entry = { id: parsed.definition?.id ?? idOf(file), file, definition, isCurrent, problems };
    // Nearly always the file says what holds, and one of the two is enough.
    if (parsed.definition === definition && parsed.problems === problems && parsed.afterPlaces === undefined)
      known.parsed = known.entry;
  }

  /** The version that holds while the file itself has none: its own last one, or that of an earlier start. */
  #lastOf(path: string, known = this.#find(path)): JobDefinition | null {
    return known?.entry ? known.entry.definition : this.#lastValid(idOf(path));
  }

  /** Every file's node: what it says, or what holds in its place. `instead` looks at one as if it said something else. */
  #graph(instead?: { readonly path: string; readonly parsed: ParsedJob }): AfterGraph {
    const others = [...this.#all()].filter((known) => isPresent(known) && known.file !== instead?.path);
    const nodes = others.map(({ file, parsed }) => this.#nodeOf(file, parsed));
    return new AfterGraph(instead === undefined ? nodes : [...nodes, this.#nodeOf(instead.path, instead.parsed)]);
  }

  #nodeOf(path: string, parsed: ParsedJob | null): AfterNode {
    return { id: idOf(path), definition: parsed?.definition ?? this.#lastOf(path) };
  }

  /** Any change may make or mend a circle, or give a job the name that others wait for: what is judged otherwise now is unsettled. */
  #judgeAfter(): void {
    const having = [...this.#all()].filter(({ parsed }) => parsed?.afterPlaces !== undefined);
    const graph = having.length === 0 ? undefined : this.#graph();
    const judged = new Map<string, readonly Problem[]>();
    for (const { file, parsed } of having) {
      const problems = graph?.problemsOf(this.#nodeOf(file, parsed), file, parsed?.afterPlaces ?? []) ?? [];
      if (problems.length > 0) judged.set(file, problems);
    }
    for (const path of new Set([...this.#afterProblems.keys(), ...judged.keys()])) {
      const [before, now] = [this.#afterProblems.get(path) ?? [], judged.get(path) ?? []];
      if (JSON.stringify(before) === JSON.stringify(now)) continue;
      this.#afterProblems.set(path, now);
      if (now.length === 0) this.#afterProblems.delete(path);
      this.#unsettled.add(idOf(path).toLowerCase());
    }
  }

  /** Of all files, those that are gone and not settled among them. */
  *#all(): Generator<KnownFile, void, undefined> {
    for (const family of this.#families.values()) yield* filesOf(family);
  }

  #filesBeside(lowerId: string): readonly KnownFile[] {
    const family = this.#families.get(lowerId);
    return family === undefined ? NO_FILES : filesOf(family);
  }

  #find(path: string): KnownFile | undefined {
    return this.#filesBeside(idOf(path).toLowerCase()).find(({ file }) => file === path);
  }
}

const NO_FILES: readonly KnownFile[] = [];

const filesOf = (family: Family): readonly KnownFile[] => ('file' in family ? [family] : family);
const isPresent = ({ parsed }: KnownFile): boolean => parsed !== null;
const fileOf = ({ file }: KnownFile): string => file;
const byFile = (a: { readonly file: string }, b: { readonly file: string }): number => (a.file < b.file ? -1 : 1);

/** News is told by id: two files of one id are one job to everybody else. */
function tell(files: readonly KnownFile[], present: readonly KnownFile[], change: JobsChange): void {
  const before = new Map(files.flatMap(({ told }) => (told === null ? [] : [[told.id, told]])));
  for (const known of files) known.told = null;
  const told = new Set<string>();
  for (const known of present) {
    const definition = known.entry?.definition ?? null;
    if (definition === null || told.has(definition.id)) continue;
    told.add(definition.id);
    known.told = definition;
    if (!isSame(before.get(definition.id), definition)) change.changed.push(definition);
  }
  for (const id of before.keys()) if (!told.has(id)) change.removed.push(id);
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
