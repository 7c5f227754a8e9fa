import type { RunState } from '../../electron/api/words.ts';

export type StripTone = 'ok' | 'fail' | 'warn' | 'run' | 'low' | 'none';

const PLACES = 20;
/** A bar and the gap after it, in px. */
const STEP = 5;

type Bar = { tone: StripTone; draw: (x: number) => string };

const box = (x: number, y: number, height: number): string => `M${x} ${y}h3v${height}h-3z`;
const NONE: Bar = { tone: 'none', draw: (x) => box(x, 10.5, 1.5) };

const BARS: Record<RunState, Bar> = {
  queued: NONE,
  skipped: { tone: 'low', draw: (x) => box(x, 10.5, 1.5) },
  succeeded: { tone: 'ok', draw: (x) => box(x, 7, 5) },
  failed: { tone: 'fail', draw: (x) => box(x, 0, 12) },
  'timed-out': { tone: 'fail', draw: (x) => box(x, 0, 4) + box(x, 6, 6) },
  interrupted: { tone: 'warn', draw: (x) => box(x, 0, 7) + box(x, 9, 3) },
  cancelled: { tone: 'low', draw: (x) => box(x, 9, 3) },
  running: { tone: 'run', draw: (x) => box(x, 3, 9) },
};

/** One path a colour: a sidebar of 500 jobs must not be 10,000 elements. */
export function stripPaths(states: RunState[]): { tone: StripTone; d: string }[] {
  const shown = states.slice(-PLACES);
  const empty = PLACES - shown.length;
  const paths = new Map<StripTone, string>();
  for (let place = 0; place < PLACES; place++) {
    const state = shown[place - empty];
    const { tone, draw } = state === undefined ? NONE : BARS[state];
    paths.set(tone, (paths.get(tone) ?? '') + draw(place * STEP));
  }
  return [...paths].map(([tone, d]) => ({ tone, d }));
}

/** The same in words: "last 20 runs: 17 succeeded, 2 failed"; of one run alone "last run: failed". */
export function stripWords(states: RunState[]): string {
  if (states.length === 0) return 'no runs yet';
  if (states.length === 1) return `last run: ${states[0]!.replace('-', ' ')}`;
  const counts = new Map<RunState, number>();
  for (const state of states.slice(-PLACES)) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = [...counts].map(([state, n]) => `${n} ${state.replace('-', ' ')}`);
  return `last ${Math.min(PLACES, states.length)} runs: ${parts.join(', ')}`;
}
