import type { Clock } from '../clock.ts';
import type { LogReader } from './log-reader.ts';
import type { LogLine, LogSelection } from './log-slice.ts';

/** Lines handed over at once. */
const LINES_A_CALL = 1_000;
/** How often a log is looked at that another process writes: nobody tells us then. */
const LOOK_MS = 100;

export interface FollowOptions {
  readonly clock: Clock;
  readonly selection: LogSelection;
  /** Place within the selection to begin at; from its end where negative. */
  readonly from: number;
  /** Gets every line from there on once, in order. The next lines come when it has resolved. */
  readonly onLines: (lines: readonly LogLine[]) => void | Promise<void>;
}

export interface Follower {
  /** Hands over what is there by now and ends. Rejects with what `onLines` threw. */
  finish(): Promise<void>;
  /** Ends after the lines that are being handed over. Rejects with what `onLines` threw. */
  stop(): Promise<void>;
}

/** Hands over the lines of a log as they come, until told to stop. */
export function followLog(reader: LogReader, options: FollowOptions): Follower {
  const { clock, selection, onLines } = options;
  let place = options.from;
  let end: 'open' | 'finishing' | 'stopped' = 'open';
  let hasGrown = false;
  let wake = () => {};

  const stopListening = reader.onGrew(() => {
    hasGrown = true;
    wake();
  });
  const growth = () =>
    new Promise<void>((resolve) => {
      const takeBack = clock.after(LOOK_MS, () => wake());
      wake = () => {
        takeBack();
        resolve();
      };
      if (hasGrown || end !== 'open') wake();
    });

  const isStopped = () => end === 'stopped';
  const run = async () => {
    // Settled before anything is read: of too much text a slice from the end leaves out its beginning.
    if (place < 0) place = Math.max(0, (await reader.total(selection)) + place);
    while (!isStopped()) {
      const isLast = end === 'finishing';
      hasGrown = false;
      const slice = await reader.slice(selection, place, LINES_A_CALL);
      place = slice.from + slice.lines.length;
      if (slice.lines.length > 0 && !isStopped()) await onLines(slice.lines);
      if (place < slice.total && slice.lines.length > 0) continue;
      if (isLast) return;
      await growth();
    }
  };
  const done = run().finally(stopListening);
  // Whoever stops is told; until then a listener's error must not end the process.
  done.catch(() => {});
  const endWith = (how: 'finishing' | 'stopped') => {
    end = how;
    wake();
    return done;
  };
  return { finish: () => endWith('finishing'), stop: () => endWith('stopped') };
}
