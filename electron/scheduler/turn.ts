/** So long may those who ask work in one turn of the event loop: with what else happens in it, the window sees no delay (20 ms). */
const TURN_MS = 4;

let beganAt: number | undefined;
let last: Promise<void> = Promise.resolve();

/**
 * Resolves when it is the caller's turn to work for some milliseconds: at once while the others who asked have not taken up this turn of
 * the event loop, else in a later one; in the order of the calls. For what many begin together, such as sixteen runs that are
 * claimed in one commit, or their ends.
 */
export function turn(): Promise<void> {
  last = after(last);
  return last;
}

async function after(before: Promise<void>): Promise<void> {
  await before;
  if (beganAt !== undefined) {
    if (performance.now() - beganAt < TURN_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  beganAt = performance.now();
  setImmediate(() => (beganAt = undefined));
}
