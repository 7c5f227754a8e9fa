import { expect, test } from 'vitest';
import { UsageSeries } from '../../../electron/scheduler/stats/usage-series.ts';

const START = Date.parse('2026-03-01T08:00:00Z');

/** Feeds a series as a sampler would, at the pace that it asks for, for so long. */
function fed(ms: number, usage: (at: number) => { cpu: number; memory: number }) {
  const series = new UsageSeries();
  for (let at = series.everyMs; at <= ms; at += series.everyMs) series.add(START + at, usage(at));
  return series;
}

test('a short task keeps every look, rounded to what a chart can show', () => {
  const series = fed(6_000, (at) => ({ cpu: at / 3_000, memory: at + 0.4 }));
  expect(series.points).toEqual({
    at: [START + 2_000, START + 4_000, START + 6_000],
    cpu: [0.667, 1.333, 2],
    memory: [2_000, 4_000, 6_000],
  });
});

test('however long a task runs there are at most 600 points, and they come ever less often', () => {
  const series = fed(7 * 24 * 3_600_000, () => ({ cpu: 1, memory: 1 }));
  expect(series.points.at.length).toBeLessThan(600);
  expect(series.points.at.length).toBeGreaterThanOrEqual(300);
  expect(series.everyMs).toBe(2_000 * 2 ** 9);
  expect(series.points.at.at(-1)).toBeGreaterThan(START + 7 * 24 * 3_600_000 - series.everyMs);
});

test('two neighbours become one with their mean processor and their highest memory, at the later moment', () => {
  const series = new UsageSeries();
  for (let index = 0; index < 600; index++) series.add(START + index, { cpu: index % 2, memory: index });
  expect(series.points.at.length).toBe(300);
  expect(series.everyMs).toBe(4_000);
  expect(series.points.at.slice(0, 2)).toEqual([START + 1, START + 3]);
  expect(new Set(series.points.cpu)).toEqual(new Set([0.5]));
  expect(series.points.memory.slice(0, 2)).toEqual([1, 3]);
});

test('a peak of memory outlives every thinning', () => {
  const series = fed(24 * 3_600_000, (at) => ({ cpu: 0, memory: at === 100_000 ? 9e9 : 1e6 }));
  expect(Math.max(...series.points.memory)).toBe(9e9);
});
