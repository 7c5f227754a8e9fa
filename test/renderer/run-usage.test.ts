import { expect, test } from 'vitest';
import { formatCores, formatSize } from '../../renderer/format/size.ts';
import { failedGroup, taskNote, taskRows } from '../../renderer/state/run-tasks.ts';
import { gantt } from '../../renderer/state/run-gantt.ts';
import {
  nearestPoint,
  upperEdge,
  usageFacts,
  usagePaths,
  usagePoints,
  usageRows,
} from '../../renderer/state/run-usage.ts';
import { NOW } from '../support/fixture-jobs.ts';
import { fixtureLog } from '../support/fixture-log.ts';
import { fixtureUsage } from '../support/fixture-usage.ts';

const run = fixtureLog().run;
const rows = taskRows(run.tasks);
const usages = usageRows(rows, fixtureUsage(run.tasks), NOW);

test('a row is a task that was measured, from its first attempt’s start to now, each attempt a piece of its own', () => {
  expect(usages.map(({ row, attempts }) => `${row.name} ${attempts.length}`)).toEqual(['orders 2', 'customers 1']);
  const [orders] = usages;
  expect([orders!.from, orders!.to]).toEqual([run.startedAt, NOW]);
  const { line, area } = usagePaths(orders!, 'cpu');
  expect(line.split('M').length - 1).toBe(2);
  expect(area.split('Z').length - 1).toBe(2);
  expect(line).toMatch(/^M0\.0 /);
});

test('without any measurement there is no row, and a look of a task that is not there is left out', () => {
  expect(usageRows(rows, [], NOW)).toEqual([]);
  expect(usageRows(rows, [{ ...fixtureUsage(run.tasks)[0]!, taskRunId: 999 }], NOW)).toEqual([]);
});

test('the limit is within the picture, and a task that uses next to nothing is seen to', () => {
  const [orders, customers] = usages;
  expect(upperEdge(orders!, 'memory')).toBeGreaterThan(512e6);
  expect(customers!.limits).toEqual({ cpu: null, memory: null });
  const idle = { ...customers!, attempts: [{ startedAt: 0, points: [{ at: 1, cpu: 0.01, memory: 100 }] }] };
  expect(upperEdge(idle, 'cpu')).toBeGreaterThanOrEqual(1);
  expect(upperEdge({ ...idle, limits: { cpu: 0.25, memory: null } }, 'cpu')).toBeCloseTo(0.275);
  expect(usageFacts(idle, 'cpu')).toEqual({ peak: 0.01, mean: 0.01 });
});

test('a single look is drawn as the time that it tells of', () => {
  const one = { ...usages[1]!, from: 0, to: 2_000 };
  const drawn = usagePaths(
    { ...one, attempts: [{ startedAt: 0, points: [{ at: 2_000, cpu: 1, memory: 1 }] }] },
    'cpu',
  ).line;
  expect(drawn).toBe('M0.0 9.1L1000.0 9.1');
});

test('a pointer finds the point that is nearest', () => {
  const points = usagePoints(usages[1]!);
  expect(nearestPoint(points, -Infinity)).toBe(0);
  expect(nearestPoint(points, points[7]!.at + 900)).toBe(7);
  expect(nearestPoint(points, Number.MAX_SAFE_INTEGER)).toBe(points.length - 1);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1 KB'],
  [64 * 2 ** 20, '67 MB'],
  [512e6, '512 MB'],
  [999.6e6, '1 GB'],
  [1.46e9, '1.5 GB'],
])('%d bytes are %s', (bytes, words) => {
  expect(formatSize(bytes)).toBe(words);
});

test.each([
  [0, '0 cores'],
  [0.066, '0.07 cores'],
  [0.999, '1 core'],
  [1.5, '1.5 cores'],
  [31.96, '32 cores'],
])('%d processors are %s', (cores, words) => {
  expect(formatCores(cores)).toBe(words);
});

test('the failed group is the one that a run got no further than; a live run has none', () => {
  const state = (states: Record<string, 'succeeded' | 'failed' | 'skipped' | 'cancelled'>) =>
    taskRows(run.tasks.map((task) => ({ ...task, state: states[task.name] ?? 'skipped' })));
  const failed = { ...run, state: 'failed' as const };
  expect(failedGroup(run, rows)).toBe(-1);
  expect(failedGroup(failed, state({ orders: 'succeeded', customers: 'succeeded', load: 'failed' }))).toBe(1);
  // `customers` was allowed to fail.
  expect(failedGroup(failed, state({ orders: 'succeeded', customers: 'failed', load: 'failed' }))).toBe(1);
  expect(failedGroup(failed, state({ orders: 'failed', customers: 'succeeded' }))).toBe(0);
  const done = { orders: 'succeeded', customers: 'succeeded', load: 'succeeded' } as const;
  expect(failedGroup({ ...run, state: 'cancelled' }, state({ ...done, report: 'cancelled' }))).toBe(2);
  // Stopped between two groups.
  expect(failedGroup({ ...run, state: 'cancelled' }, state({ orders: 'succeeded', customers: 'succeeded' }))).toBe(1);
  expect(failedGroup(failed, state({ ...done, report: 'succeeded', tell: 'failed' }))).toBe(-1);
});

test('a task that was taken over says from where, and has no bar', () => {
  const taken = taskRows(
    run.tasks
      .filter(({ name }) => name === 'load')
      .map((task) => ({ ...task, state: 'succeeded' as const, reason: 'taken from warehouse/load-orders#1840' })),
  );
  expect(taskNote(taken[0]!, NOW)).toBe('taken from #1840');
  expect(gantt(run, taken, NOW).rows[0]).toMatchObject({ bars: [], label: 'taken over' });
});
