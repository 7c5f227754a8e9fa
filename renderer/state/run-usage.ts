import type { TaskStats } from '../../electron/api/api.ts';
import type { TaskRow } from './run-tasks.ts';

export interface UsagePoint {
  readonly at: number;
  readonly cpu: number;
  readonly memory: number;
}

/** One of the two that are drawn. */
export type Measure = 'cpu' | 'memory';

/** What a task used, from the start of its first attempt to now or its end. */
export interface UsageRow {
  readonly row: TaskRow;
  readonly from: number;
  readonly to: number;
  /** One for each attempt that was measured, with the moment of its start. */
  readonly attempts: readonly { readonly startedAt: number; readonly points: readonly UsagePoint[] }[];
  readonly limits: Readonly<Record<Measure, number | null>>;
}

/** The drawing is so wide and high in its own units, and stretched to where it stands. */
export const CANVAS = { width: 1_000, height: 100 } as const;

/** The tasks that were measured, in the order of the definition. */
export function usageRows(rows: readonly TaskRow[], stats: readonly TaskStats[], now: number): UsageRow[] {
  const byId = new Map(stats.map((one) => [one.taskRunId, one]));
  return rows.flatMap((row) => {
    const measured = row.attempts.flatMap(({ id, startedAt }) => {
      const found = byId.get(id);
      return found === undefined || startedAt === null ? [] : [{ found, startedAt }];
    });
    const last = measured.at(-1);
    if (last === undefined) return [];
    const attempts = measured.map(({ found, startedAt }) => ({
      startedAt,
      points: found.at.map((at, index) => ({ at, cpu: found.cpu[index] ?? 0, memory: found.memory[index] ?? 0 })),
    }));
    const newest = last.found.at.at(-1)!;
    return {
      row,
      from: attempts[0]!.startedAt,
      // The machine that runs it may have another clock than the window.
      to: Math.max(newest, row.last.endedAt ?? (row.last.state === 'running' ? now : newest)),
      attempts,
      limits: { cpu: last.found.cpuLimit, memory: last.found.memoryLimit },
    };
  });
}

/** The most that was used, and the mean over its points. */
export function usageFacts({ attempts }: UsageRow, measure: Measure): { peak: number; mean: number } {
  const values = attempts.flatMap(({ points }) => points.map((point) => point[measure]));
  return { peak: Math.max(...values), mean: values.reduce((sum, value) => sum + value, 0) / values.length };
}

/**
 * What the upper edge stands for: the limit, or what was used where that is more, and a little air above. Without a limit a whole
 * processor or a megabyte at least, so that next to nothing looks like it.
 */
export function upperEdge(row: UsageRow, measure: Measure): number {
  const least = row.limits[measure] ?? (measure === 'cpu' ? 1 : 1_000_000);
  return 1.1 * Math.max(least, usageFacts(row, measure).peak);
}

/** SVG paths, a piece for each attempt: the line, and what is below it. */
export function usagePaths(row: UsageRow, measure: Measure): { line: string; area: string } {
  const edge = upperEdge(row, measure);
  const x = (at: number): string => ((CANVAS.width * (at - row.from)) / Math.max(1, row.to - row.from)).toFixed(1);
  const y = (value: number): string => (CANVAS.height * (1 - value / edge)).toFixed(1);
  const lines = row.attempts.map(({ startedAt, points }) => {
    // The first look tells of the time since the start.
    const first = { ...points[0]!, at: startedAt };
    const drawn = [first, ...points].map((point) => `${x(point.at)} ${y(point[measure])}`);
    return { path: `M${drawn.join('L')}`, from: x(startedAt), to: x(points.at(-1)!.at) };
  });
  return {
    line: lines.map(({ path }) => path).join(''),
    area: lines.map(({ path, from, to }) => `${path}L${to} ${CANVAS.height}L${from} ${CANVAS.height}Z`).join(''),
  };
}

/** All points in order of time: what a pointer or an arrow key goes along. */
export function usagePoints({ attempts }: UsageRow): UsagePoint[] {
  return attempts.flatMap(({ points }) => points);
}

/** Place of the point that is nearest to a moment. */
export function nearestPoint(points: readonly UsagePoint[], at: number): number {
  let best = 0;
  for (const [index, point] of points.entries()) {
    if (Math.abs(point.at - at) < Math.abs(points[best]!.at - at)) best = index;
  }
  return best;
}
