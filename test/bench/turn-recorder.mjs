import { openSync, readSync } from 'node:fs';
import { createHistogram, performance } from 'node:perf_hooks';

const EVERY_MS = 1;
const SPACE = 32;
const waited = openWaited();

/**
 * Records how long the event loop of this process has no turn, by a timer of a millisecond. It takes from each such time how long Linux kept
 * the main thread waiting for a processor, because others had them: sixteen processes on two processors make any loop late, and that is
 * not what held it up. Elsewhere nothing is known of it, and all of it counts. Nor was a loop held up that had nothing to do and was woken
 * late, because the whole machine stood still. (The one may be a part of the other, so only the greater is taken off.)
 *
 * In plain JavaScript, because it is loaded into the program that is measured. It costs that 4 % of a processor.
 */
export function recordTurns() {
  const turns = createHistogram();
  let held = 0;
  let lastAt = performance.now();
  let lastWaited = waited();
  let lastIdle = idle();
  const note = () => {
    const at = performance.now();
    const waitedNow = waited();
    const idleNow = idle();
    const late = Math.max(0, at - lastAt - EVERY_MS);
    turns.record(Math.max(1, Math.round(late * 1e3)));
    held = Math.max(held, Math.min(late - (waitedNow - lastWaited), at - lastAt - (idleNow - lastIdle)));
    lastAt = at;
    lastWaited = waitedNow;
    lastIdle = idleNow;
  };
  const timer = setInterval(note, EVERY_MS).unref();
  return {
    /** What was recorded since it was asked last. */
    read() {
      note();
      const read = { longest: turns.max / 1e3, most: turns.percentile(99.9) / 1e3, held };
      turns.reset();
      held = 0;
      return read;
    },
    stop: () => clearInterval(timer),
  };
}

/** Milliseconds that the event loop had nothing to do, since it began. */
function idle() {
  return performance.eventLoopUtilization().idle;
}

/** Milliseconds that the main thread was ready and had no processor: the second number of its schedstat, in nanoseconds. */
function openWaited() {
  let file;
  try {
    file = openSync('/proc/self/schedstat');
  } catch {
    return () => 0;
  }
  const bytes = Buffer.alloc(64);
  return () => {
    readSync(file, bytes, 0, bytes.length, 0);
    let at = bytes.indexOf(SPACE) + 1;
    let nanoseconds = 0;
    for (; bytes[at] !== SPACE; at++) nanoseconds = nanoseconds * 10 + bytes[at] - 48;
    return nanoseconds / 1e6;
  };
}
