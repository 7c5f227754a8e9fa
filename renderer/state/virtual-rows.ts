/**
 * Which rows of a long list are in sight. Rows have two heights, so their tops are kept as sums, and a place is found by halving.
 */
export class VirtualRows {
  #tops: number[] = [0];

  setHeights(heights: Iterable<number>): void {
    this.#tops = [0];
    let top = 0;
    for (const height of heights) this.#tops.push((top += height));
  }

  get height(): number {
    return this.#tops.at(-1)!;
  }

  top(index: number): number {
    return this.#tops[Math.max(0, Math.min(index, this.#tops.length - 1))]!;
  }

  /** The row at this height, in px from the list's begin. */
  at(y: number): number {
    let low = 0;
    let high = Math.max(0, this.#tops.length - 2);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#tops[middle]! <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** First and one past the last row to draw, with some before and after so that keys and wheels find theirs there. */
  window(scrollTop: number, height: number, spare = 12): { first: number; end: number } {
    const count = this.#tops.length - 1;
    return {
      first: Math.max(0, this.at(scrollTop) - spare),
      end: Math.min(count, this.at(scrollTop + height) + spare + 1),
    };
  }
}
