import { performance } from 'node:perf_hooks';
import type { Ratio } from './row.ts';

/** Does a round's work and returns what it cost, in milliseconds unless the row says otherwise; less is better. */
export type Contestant = () => number | Promise<number>;

export interface SideBySide<N extends string> {
  /** Of each contestant's rounds. */
  readonly medians: Readonly<Record<N, number>>;
  /** How many times better `first` is than `second`, round by round: what both suffered from cancels out. */
  ratio(first: N, second: N): Ratio;
}

/**
 * Measures contestants in turn: absolute times of a shared machine are unstable, so each round has all of them, in an order that
 * turns around every time, and only what is the same in all rounds counts. The first round warms up and is thrown away.
 */
export async function sideBySide<N extends string>(
  contestants: Readonly<Record<N, Contestant>>,
  rounds: number,
): Promise<SideBySide<N>> {
  const names = Object.keys(contestants) as N[];
  const costs = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<N, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      globalThis.gc?.();
      const cost = await contestants[name]();
      if (round > 0) costs[name].push(cost);
    }
  }
  return {
    medians: Object.fromEntries(names.map((name) => [name, median(costs[name])])) as Record<N, number>,
    ratio: (first, second) => ratioOf(costs[second].map((cost, round) => cost / (costs[first][round] as number))),
  };
}

export function ratioOf(ratios: readonly number[]): Ratio {
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** `at` from 0 to 1: 0.99 is the 99th percentile. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] as number;
}

/** How long `work` took, in milliseconds. */
export async function took(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Durations for the table: `0.42 ms`, `18 ms`, `2.1 s`. */
export function ms(value: number): string {
  if (value >= 1_000) return `${(value / 1_000).toFixed(1)} s`;
  if (value >= 10) return `${value.toFixed(0)} ms`;
  return value >= 0.1 ? `${value.toFixed(2)} ms` : `${(value * 1_000).toFixed(0)} µs`;
}

export function perSecond(count: number, costMs: number, unit: string): string {
  return `${Math.round((count * 1_000) / costMs).toLocaleString('en')} ${unit}/s`;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
