import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ms } from './measure.ts';
import type { Finding } from './row.ts';

/** How long the event loop of a process had no turn, in milliseconds; on a busy machine also because others had the processor. */
export interface Turns {
  readonly longest: number;
  /** 99.9 % of the turns came after no more than this. */
  readonly most: number;
}

const RESOLUTION_MS = 1;
const MOST_MS = 20;

/** Records this process's own from now on; returns what ends it. */
export function recordTurns(): () => Turns {
  const turns = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  turns.enable();
  return () => {
    turns.disable();
    return {
      longest: Math.max(0, turns.max / 1e6 - RESOLUTION_MS),
      most: Math.max(0, turns.percentile(99.9) / 1e6 - RESOLUTION_MS),
    };
  };
}

export function longest(turns: readonly Turns[]): Turns {
  return {
    longest: Math.max(...turns.map((one) => one.longest)),
    most: Math.max(...turns.map((one) => one.most)),
  };
}

/** The line of the table that says that nothing held up the event loop. */
export function turnsFinding(turns: Turns, during = ''): Finding {
  return {
    what: `longest time without a turn of the event loop${during}`,
    nightjar: `${ms(turns.longest)} (99.9 % ≤ ${ms(turns.most)})`,
    against: null,
    ratio: null,
    goal: `≤ ${MOST_MS} ms`,
    isMet: turns.longest <= MOST_MS,
  };
}
