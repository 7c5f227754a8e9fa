import type { RunDetail } from '../../electron/api/api.ts';
import { formatAbout, formatDuration } from '../format/duration.ts';
import { elapsedMs, isLive, isPastMedian, isTakenOver, type TaskRow } from './run-tasks.ts';

/** A stretch of a row; milliseconds from the run's start. `wait` lies between two attempts, `plan` is predicted. */
export interface Bar {
  readonly kind: 'done' | 'bad' | 'live' | 'over' | 'ended' | 'wait' | 'plan';
  readonly from: number;
  readonly to: number;
}

export interface GanttRow {
  readonly row: TaskRow;
  readonly bars: readonly Bar[];
  /** When the newest attempt would end if it took its median. */
  readonly medianAt: number | null;
  readonly label: string;
  readonly isOver: boolean;
  readonly isPlan: boolean;
}

export interface Gantt {
  readonly rows: readonly GanttRow[];
  readonly endMs: number;
  readonly ticks: readonly { at: number; label: string }[];
  /** When the run would end, epoch milliseconds; only of a running one whose tasks all have a history. */
  readonly predictedEndAt: number | null;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [
  ...[1, 2, 5, 10, 20, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 20, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12, 24, 48].map((n) => n * HOUR),
];

/** What ran when, and what is expected, against the medians of past successes. Pure: `now` is handed in. */
export function gantt(run: RunDetail, rows: readonly TaskRow[], now: number): Gantt {
  const starts = rows.flatMap((row) => row.attempts.map(({ startedAt }) => startedAt)).filter((at) => at !== null);
  const t0 = Math.min(...starts, run.startedAt ?? Infinity);
  if (t0 === Infinity) return { rows: [], endMs: 0, ticks: [], predictedEndAt: null };
  const until = isLive(run) ? now : (run.endedAt ?? now);
  const plan = predicted(run, rows, now);
  const made = rows
    .filter((row) => row.part === 'step' || row.last.startedAt !== null)
    .map((row): GanttRow => {
      const elapsed = elapsedMs(row, now);
      const planned = plan.get(row.key) ?? null;
      const { last } = row;
      const bars = [...attemptBars(row, now), ...(planned === null ? [] : [{ kind: 'plan' as const, ...planned }])];
      return {
        row,
        bars: bars.map(({ kind, from, to }) => ({ kind, from: from - t0, to: to - t0 })),
        medianAt: last.startedAt === null || last.medianMs === null ? null : last.startedAt + last.medianMs - t0,
        label:
          elapsed !== null
            ? formatDuration(elapsed)
            : planned !== null
              ? `about ${formatAbout(planned.to - planned.from)}`
              : last.state === 'waiting' && isLive(run)
                ? 'waits'
                : isTakenOver(last)
                  ? 'taken over'
                  : last.state,
        isOver: isPastMedian(row, now),
        isPlan: elapsed === null,
      };
    });
  const ends = [...plan.values()].map(({ to }) => to);
  const medians = made.flatMap(({ row, medianAt }) =>
    medianAt === null || row.last.state !== 'running' ? [] : [medianAt],
  );
  // A little room at the end, so that the last edge is seen to be one.
  const endMs = 1.03 * Math.max(until - t0, ...ends.map((at) => at - t0), ...medians, SECOND);
  const waiting = rows.filter((row) => row.part === 'step' && row.last.state === 'waiting');
  const isKnown = run.state === 'running' && waiting.every((row) => plan.has(row.key));
  const running = rows.filter(({ last }) => last.state === 'running');
  const hasAll = isKnown && running.every(({ last }) => last.medianMs !== null) && running.length > 0;
  const lastEnd = Math.max(
    ...ends,
    ...running.map(({ last }) => Math.max(now, last.startedAt! + (last.medianMs ?? 0))),
  );
  return { rows: made, endMs, ticks: ticks(endMs), predictedEndAt: hasAll ? lastEnd : null };
}

function attemptBars(row: TaskRow, now: number): Bar[] {
  const bars: Bar[] = [];
  let before: number | null = null;
  for (const attempt of row.attempts) {
    if (attempt.startedAt === null) continue;
    const from = attempt.startedAt;
    const to = attempt.endedAt ?? now;
    if (before !== null && from > before) bars.push({ kind: 'wait', from: before, to: from });
    before = to;
    switch (attempt.state) {
      case 'succeeded':
        bars.push({ kind: 'done', from, to });
        break;
      case 'failed':
      case 'timed-out':
        bars.push({ kind: 'bad', from, to });
        break;
      case 'running':
      case 'waiting': {
        const median = from + (attempt.medianMs ?? Infinity);
        bars.push({ kind: 'live', from, to: Math.min(to, median) });
        if (to > median) bars.push({ kind: 'over', from: median, to });
        break;
      }
      case 'cancelled':
      case 'interrupted':
      case 'skipped':
        bars.push({ kind: 'ended', from, to });
        break;
      default:
        attempt.state satisfies never;
    }
  }
  return bars;
}

/** Where the tasks that wait would stand: each group begins when the slowest of the one before has ended. By row key. */
function predicted(run: RunDetail, rows: readonly TaskRow[], now: number): Map<string, { from: number; to: number }> {
  const plan = new Map<string, { from: number; to: number }>();
  if (run.state !== 'running') return plan;
  let begin = now;
  for (let group = 0; group < run.groups.length; group++) {
    const members = rows.filter((row) => row.part === 'step' && row.groupIndex === group);
    let end = begin;
    for (const { key, last } of members) {
      if (last.state === 'waiting' && last.medianMs === null) return plan;
      if (last.state === 'waiting') plan.set(key, { from: begin, to: begin + last.medianMs! });
      const endsAt = last.endedAt ?? (last.startedAt ?? begin) + (last.medianMs ?? 0);
      end = Math.max(end, endsAt);
    }
    begin = end;
  }
  return plan;
}

/** At most five marks at round distances, from 0. */
function ticks(endMs: number): { at: number; label: string }[] {
  const step = STEPS.find((candidate) => endMs / candidate < 5) ?? Math.ceil(endMs / 5 / (24 * HOUR)) * 24 * HOUR;
  return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, index) => ({
    at: index * step,
    label: index === 0 ? '0 s' : formatDuration(index * step),
  }));
}
