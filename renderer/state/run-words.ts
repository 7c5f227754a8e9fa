import type { Run } from '../../electron/api/api.ts';
import type { RunningRun, WaitingRun } from './queue.svelte.ts';
import { nameOf } from './jobs.svelte.ts';
import { clockTime, nearMoment } from '../format/moment.ts';
import { formatUntil } from '../format/duration.ts';
import type { IconName } from '../components/icon-name.ts';

/** The tag beside a run: why it exists, and the moment where it has one. */
export function triggerWords(run: Run, zone: string, now: number): string {
  if (run.attempt > 1) return `retry ${run.attempt} of ${run.attempts}`;
  if (run.upstream !== null && run.trigger === 'after')
    return `after ${nameOf(run.upstream.job)} #${run.upstream.number}`;
  return run.dueAt !== null && run.trigger !== 'manual'
    ? `${run.trigger} ${nearMoment(run.dueAt, now, zone)}`
    : run.trigger;
}

/** The tasks that run now, the latest attempt of each; and how far the groups are. */
export function liveTasks(run: RunningRun): RunningRun['tasks'] {
  return run.tasks.filter((task) => task.state === 'running');
}

/** Which step group is being executed, from 0; the first that has one alive. */
export function currentGroup(run: RunningRun): number {
  const live = liveTasks(run)[0];
  return live ? live.groupIndex : -1;
}

export const CAUSE_ICONS: Record<NonNullable<WaitingRun['cause']>, IconName> = {
  capacity: 'slots',
  'already-running': 'running',
  'group-busy': 'lock',
  'engine-unavailable': 'plug',
  paused: 'paused',
  'missing-environment': 'key',
  retry: 'retry',
  jitter: 'clock',
  condition: 'clock',
  draining: 'clock',
  'disk-full': 'warn',
};

/** When a waiting run would start: a moment where a prediction is honest, else the condition. */
export function startWords(run: WaitingRun, now: number, zone: string): { moment: string | null; rest: string } {
  const at = run.predictedStartAt ?? run.notBeforeAt;
  if (at !== null) return { moment: clockTime(at, zone), rest: aboutUntil(at - now) };
  switch (run.cause) {
    case 'engine-unavailable':
      return { moment: null, rest: 'when it answers' };
    case 'missing-environment':
      return { moment: null, rest: 'when it is set' };
    case 'paused':
      return { moment: null, rest: 'when resumed' };
    case 'group-busy':
    case 'already-running':
    case 'capacity':
      return { moment: null, rest: 'when one ends' };
    case 'draining':
      return { moment: null, rest: 'after the older version' };
    case 'disk-full':
      return { moment: null, rest: 'when there is space' };
    case 'condition':
      return { moment: null, rest: 'when it holds' };
    case 'retry':
    case 'jitter':
    case null:
      return { moment: null, rest: '' };
    default: {
      const never: never = run.cause;
      return never;
    }
  }
}

/** "in about 2 m": minutes, since no queue is predictable to the second. */
function aboutUntil(ms: number): string {
  if (ms < 60_000) return 'any moment';
  return formatUntil(Math.round(ms / 60_000) * 60_000).replace('in ', 'in about ');
}
