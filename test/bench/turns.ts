import { ms } from './measure.ts';
import type { Finding } from './row.ts';
import type { Turns } from './turn-recorder.mjs';

const MOST_MS = 20;

export function longest(turns: readonly Turns[]): Turns {
  const most = (key: keyof Turns): number => Math.max(...turns.map((one) => one[key]));
  return { longest: most('longest'), most: most('most'), held: most('held') };
}

/** The line of the table that says for how long the process held up its event loop. */
export function turnsFinding(turns: Turns, during = ''): Finding {
  return {
    what: `longest that it held its event loop${during}`,
    nightjar: `${ms(turns.held)} (without a turn, waits for a processor included: ${ms(turns.longest)}, 99.9 % ≤ ${ms(turns.most)})`,
    against: null,
    ratio: null,
    goal: `≤ ${MOST_MS} ms`,
    isMet: turns.held <= MOST_MS,
  };
}
