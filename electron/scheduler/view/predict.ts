/** A run as the prediction sees it: how long it will take, if that is known. */
export interface Predicted {
  readonly id: number;
  /** Median of past successes, ms; null: never ran. */
  readonly medianMs: number | null;
}

export interface PredictedWait extends Predicted {
  /** It waits for a slot (null), for the end of a run (its id), or for what nobody can foresee. */
  readonly waitsFor: 'slot' | 'unforeseeable' | { readonly run: number } | { readonly moment: number };
}

/**
 * When waiting runs will start: only where it can be said honestly, from the medians of what runs and what is ahead. A run past
 * its median is taken to end now. From the first one whose length nobody knows, all that depends on it is unknown as well.
 */
export function predictStarts(
  now: number,
  slots: number,
  running: readonly (Predicted & { readonly startedAt: number })[],
  waiting: readonly PredictedWait[],
): Map<number, number> {
  const ends = new Map(running.map((run) => [run.id, endOf(run.startedAt, run.medianMs, now)]));
  const busyUntil = [...ends.values()];
  while (busyUntil.length < slots) busyUntil.push(now);
  const starts = new Map<number, number>();
  for (const { id, medianMs, waitsFor } of waiting) {
    if (waitsFor === 'unforeseeable') continue;
    const notBefore =
      waitsFor === 'slot' ? now : 'run' in waitsFor ? (ends.get(waitsFor.run) ?? Infinity) : waitsFor.moment;
    const slot = busyUntil.indexOf(Math.min(...busyUntil));
    const start = Math.max(busyUntil[slot] as number, notBefore);
    if (start === Infinity) continue;
    starts.set(id, start);
    const end = endOf(start, medianMs, start);
    ends.set(id, end);
    busyUntil[slot] = end;
  }
  return starts;
}

function endOf(startedAt: number, medianMs: number | null, atLeast: number): number {
  return medianMs === null ? Infinity : Math.max(startedAt + medianMs, atLeast);
}
