import { didYouMean } from './closest.ts';
import type { JobDefinition, Problem } from './definition.ts';

/** Where something stands in a file; from 1. */
export type LineColumn = Pick<Problem, 'line' | 'column'>;

/** A job as `after` sees it. */
export interface AfterNode {
  readonly id: string;
  /** Null where there is no version of it that is valid. */
  readonly definition: Pick<JobDefinition, 'pipelineName' | 'after'> | null;
}

type Next = ReadonlyMap<string, readonly string[]>;

/** Comparing a name with more of them would cost more than the guess is worth. */
const GUESSED_AMONG = 2_000;
/** A sentence with more names is none. */
const NAMES_TOLD = 10;

/**
 * Who starts after whom, over all jobs of a home. `after` names jobs by id, or by a `pipeline_name` that only one has. Made anew
 * when any file changed; with 10,000 jobs that is a few milliseconds, and nothing where none has an `after`.
 */
export class AfterGraph {
  readonly #ids: ReadonlySet<string>;
  readonly #byName: ReadonlyMap<string, readonly string[]>;
  /** By job: those that start after it, each once for an entry. */
  readonly #followers = new Map<string, { id: string; index: number }[]>();
  readonly #circles: ReadonlyMap<string, readonly string[]>;

  constructor(nodes: readonly AfterNode[]) {
    this.#ids = new Set(nodes.map(({ id }) => id));
    const names = new Map<string, string[]>();
    for (const { id, definition } of nodes) {
      if (definition === null) continue;
      if (!names.get(definition.pipelineName)?.includes(id)) add(names, definition.pipelineName, id);
    }
    this.#byName = names;
    const next = new Map<string, string[]>();
    for (const { id, definition } of nodes) {
      definition?.after.forEach((entry, index) => {
        const upstream = this.#resolve(entry.job);
        if (typeof upstream !== 'string') return;
        add(this.#followers, upstream, { id, index });
        add(next, upstream, id);
      });
    }
    this.#circles = findCircles(next);
  }

  /** Each job that starts after this one, with the place of the entry in its `after`. */
  followersOf(id: string): readonly { readonly id: string; readonly index: number }[] {
    return this.#followers.get(id) ?? [];
  }

  /** What a job can be meant to run after: not itself. */
  #others(id: string): string[] {
    return [...this.#ids, ...this.#byName.keys()].filter((name) => this.#resolve(name) !== id);
  }

  /** What is wrong with the `after` of a job, by the places of its entries. */
  problemsOf({ id, definition }: AfterNode, file: string, places: readonly LineColumn[]): Problem[] {
    return (definition?.after ?? []).flatMap((entry, index): Problem[] => {
      const at = { file, line: 1, column: 1, ...places[index] };
      const upstream = this.#resolve(entry.job);
      if (upstream === undefined) {
        const hint = this.#ids.size > GUESSED_AMONG ? '' : didYouMean(entry.job, this.#others(id));
        const message = `there is no job with the id or pipeline_name \`${entry.job}\`, so nothing starts this one after it${hint}`;
        return [{ ...at, severity: 'warning', message }];
      }
      if (typeof upstream !== 'string') {
        const message = `${upstream.length} jobs are called \`${entry.job}\`: say which by its id: ${upstream.join(', ')}`;
        return [{ ...at, severity: 'error', message }];
      }
      const circle = this.#circles.get(id);
      if (circle === undefined || !circle.includes(upstream)) return [];
      const message = `these jobs would start one another for ever: ${wordsOf(circle, id)}; take one \`after\` out`;
      return [{ ...at, severity: 'error', message }];
    });
  }

  #resolve(name: string): string | readonly string[] | undefined {
    if (this.#ids.has(name)) return name;
    const named = this.#byName.get(name);
    return named?.length === 1 ? named[0] : named;
  }
}

/** By job that is in a circle: one, as short as can be, with it. What has to be cut. */
function findCircles(next: Next): Map<string, readonly string[]> {
  const circles = new Map<string, readonly string[]>();
  const left = inCircles(next);
  for (const start of left) {
    if (circles.has(start)) continue;
    const circle = circleFrom(start, next, left);
    for (const id of circle) if (!circles.has(id)) circles.set(id, circle);
  }
  return circles;
}

/** The shortest way from a job back to it, it first; empty where there is none. */
function circleFrom(start: string, next: Next, among: ReadonlySet<string>): string[] {
  const cameFrom = new Map<string, string>();
  const reached = [start];
  for (let walked = 0; walked < reached.length && !cameFrom.has(start); walked += 1) {
    const at = reached[walked] as string;
    for (const id of next.get(at) ?? []) {
      if (!among.has(id) || cameFrom.has(id)) continue;
      cameFrom.set(id, at);
      reached.push(id);
    }
  }
  const back: string[] = [];
  for (let at = cameFrom.get(start); at !== undefined && at !== start; at = cameFrom.get(at)) back.push(at);
  return cameFrom.has(start) ? [start, ...back.reverse()] : [];
}

/** Without the jobs that nothing in a circle leads to, and without those that lead to none. */
function inCircles(next: Next): Set<string> {
  const before = new Map<string, string[]>();
  for (const [id, followers] of next) for (const follower of followers) add(before, follower, id);
  const left = new Set([...next.keys()].filter((id) => before.has(id)));
  for (const [into, outOf] of [
    [before, next],
    [next, before],
  ] as const) {
    const counts = new Map([...left].map((id) => [id, (into.get(id) ?? []).filter((other) => left.has(other)).length]));
    const ends = [...left].filter((id) => counts.get(id) === 0);
    for (let id = ends.pop(); id !== undefined; id = ends.pop()) {
      left.delete(id);
      for (const other of outOf.get(id) ?? []) {
        const count = (counts.get(other) ?? 0) - 1;
        counts.set(other, count);
        if (count === 0 && left.has(other)) ends.push(other);
      }
    }
  }
  return left;
}

function add<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** `a → b → a`, from this member on; of a long one the beginning. */
function wordsOf(circle: readonly string[], id: string): string {
  const at = circle.indexOf(id);
  const names = [...circle.slice(at), ...circle.slice(0, at)];
  const more = names.length - NAMES_TOLD;
  return [...names.slice(0, NAMES_TOLD), ...(more > 0 ? [`… ${more} more …`] : []), id].join(' → ');
}
