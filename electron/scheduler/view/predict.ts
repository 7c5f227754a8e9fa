/** A run as the prediction sees it: how long it will take, if that is known. */
export interface Predicted {
  readonly id: number;
  /** Median of past successes, ms; null: never ran. */
  readonly medianMs: number | null;
  /** What only one run can have at a time: its job, unless it may overlap, and its concurrency group. */
  readonly holds: readonly string[];
}

export interface PredictedWait extends Predicted {
  /** It waits for a slot or for what it holds (`room`), for a moment, or for what nobody can foresee. */
  readonly waitsFor: 'room' | 'unforeseeable' | { readonly moment: number };
}

/** What is further back is too far away for an honest word, and would cost the square of its number: this is some milliseconds. */
const PREDICTED = 100;

/**
 * When waiting runs will start: only where it can be said honestly, from the medians of what runs and what is ahead. A run past
 * its median is taken to end now. From the first one whose length nobody knows, all that depends on it is unknown as well.
 *
 * Plays the queue through as the dispatcher would: whenever there is room, the first in order that can start does.
 */
export function predictStarts(
  now: number,
  slots: number,
  running: readonly (Predicted & { readonly startedAt: number })[],
  waiting: readonly PredictedWait[],
): Map<number, number> {
  const busyUntil: number[] = [];
  const heldUntil = new Map<string, number>();
  const occupy = (holds: readonly string[], end: number): void => {
    for (const key of holds) heldUntil.set(key, Math.max(heldUntil.get(key) ?? 0, end));
  };
  for (const { startedAt, medianMs, holds } of running) {
    const end = medianMs === null ? Infinity : Math.max(startedAt + medianMs, now);
    busyUntil.push(end);
    occupy(holds, end);
  }
  while (busyUntil.length < slots) busyUntil.push(now);
  // More may run than there are slots (a command line's run takes none): then the first that end make no room.
  busyUntil.sort((a, b) => a - b).splice(0, Math.max(0, busyUntil.length - slots));

  const startableAt = ({ waitsFor, holds }: PredictedWait): number =>
    Math.max(typeof waitsFor === 'object' ? waitsFor.moment : now, ...holds.map((key) => heldUntil.get(key) ?? now));
  const starts = new Map<number, number>();
  const left = waiting.filter(({ waitsFor }) => waitsFor !== 'unforeseeable').slice(0, PREDICTED);
  let at = now;
  while (left.length > 0) {
    const slot = busyUntil.indexOf(Math.min(...busyUntil));
    at = Math.max(at, busyUntil[slot] as number);
    if (at === Infinity) break;
    const next = left.findIndex((run) => startableAt(run) <= at);
    if (next === -1) {
      // Nothing can start yet: on to the nearest moment at which something can.
      const soonest = left.reduce((least, run) => Math.min(least, startableAt(run)), Infinity);
      if (soonest === Infinity) break;
      at = soonest;
      continue;
    }
    const [run] = left.splice(next, 1) as [PredictedWait];
    starts.set(run.id, at);
    const end = run.medianMs === null ? Infinity : at + run.medianMs;
    busyUntil[slot] = end;
    occupy(run.holds, end);
  }
  return starts;
}
