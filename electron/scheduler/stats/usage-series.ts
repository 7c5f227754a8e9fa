import type { Usage } from '../executor/executor.ts';

/** What a task used, moment by moment; the three lists go together. */
export interface UsagePoints {
  readonly at: readonly number[];
  readonly cpu: readonly number[];
  readonly memory: readonly number[];
}

/** At two seconds twenty minutes; a chart has no more pixels than this, and a file no more than some 20 KB. */
const MOST_POINTS = 600;
const FIRST_EVERY_MS = 2_000;

/**
 * A task's use over time, bounded: when it is full, each two neighbours become one and points come half as often from then on. The
 * one that takes their place has their mean processor and their highest memory, so that a peak survives however long a task runs.
 */
export class UsageSeries {
  #at: number[];
  #cpu: number[];
  #memory: number[];
  #everyMs: number;

  constructor(points: UsagePoints = { at: [], cpu: [], memory: [] }, everyMs = FIRST_EVERY_MS) {
    this.#at = [...points.at];
    this.#cpu = [...points.cpu];
    this.#memory = [...points.memory];
    this.#everyMs = everyMs;
  }

  /** From one point to the next, in milliseconds. */
  get everyMs(): number {
    return this.#everyMs;
  }

  get points(): UsagePoints {
    return { at: this.#at, cpu: this.#cpu, memory: this.#memory };
  }

  add(at: number, { cpu, memory }: Usage): void {
    this.#at.push(at);
    this.#cpu.push(Math.round(cpu * 1_000) / 1_000);
    this.#memory.push(Math.round(memory));
    if (this.#at.length >= MOST_POINTS) this.#thin();
  }

  #thin(): void {
    const merged = (values: readonly number[], merge: (a: number, b: number) => number): number[] =>
      values.flatMap((value, index) => (index % 2 === 0 ? [] : [merge(values[index - 1]!, value)]));
    this.#at = merged(this.#at, (_, later) => later);
    this.#cpu = merged(this.#cpu, (a, b) => Math.round(500 * (a + b)) / 1_000);
    this.#memory = merged(this.#memory, Math.max);
    this.#everyMs *= 2;
  }
}
