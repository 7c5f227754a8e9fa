/** With what else happens in a turn of the event loop, the window sees no delay (20 ms). */
const SLICE_MS = 6;

/**
 * For work that goes through thousands of things: where a slice of time is over, `rest` gives everything else its turn. (What many begin
 * together asks for a `turn`.)
 */
export class Slices {
  #end = performance.now() + SLICE_MS;

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#end = performance.now() + SLICE_MS;
  }
}
