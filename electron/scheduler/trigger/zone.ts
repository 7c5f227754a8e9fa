/**
 * What a time zone does to its clocks: stretches of time with one offset, and where they change. Intl knows offsets only one
 * moment at a time, so changes are found by looking every four days and halving; a year of a zone costs a third of a
 * millisecond and is kept.
 */
export interface Stretch {
  /** First moment (epoch ms) of the stretch. */
  readonly from: number;
  /** First moment after it. Where nothing changes for years it is simply how far we have looked. */
  readonly to: number;
  /** Wall clock minus epoch, in milliseconds. */
  readonly offset: number;
  /** The offset just before `from`: smaller, and clocks jumped over a gap; larger, and they went back over it again. */
  readonly offsetBefore: number;
}

// Two changes nearer to each other than this could hide one another; the nearest known are weeks apart (Morocco's Ramadan).
const STEP_MS = 4 * 86_400_000;

export class Zone {
  readonly #offsetAt: OffsetAt;
  readonly #changes: { at: number; offset: number; offsetBefore: number }[] = [];
  /** Years whose changes are known: from `#first`, before `#end`. */
  #first: number;
  #end: number;
  #memo: Stretch | null = null;

  constructor(offsetAt: OffsetAt) {
    this.#offsetAt = offsetAt;
    this.#first = this.#end = new Date().getUTCFullYear();
  }

  /** The stretch that a moment lies in. */
  stretchAt(moment: number): Stretch {
    if (this.#memo !== null && this.#memo.from <= moment && moment < this.#memo.to) return this.#memo;
    const year = new Date(moment).getUTCFullYear();
    while (this.#end <= year + 1) this.#changes.push(...this.#changesOf(this.#end++));
    while (this.#first >= year) this.#changes.unshift(...this.#changesOf(--this.#first));
    const index = this.#changes.findLastIndex((change) => change.at <= moment);
    const change = this.#changes[index];
    const from = change?.at ?? Date.UTC(this.#first, 0, 1);
    const offset = change?.offset ?? this.#offsetAt(from);
    this.#memo = {
      from,
      to: this.#changes[index + 1]?.at ?? Date.UTC(this.#end, 0, 1),
      offset,
      offsetBefore: change?.offsetBefore ?? offset,
    };
    return this.#memo;
  }

  #changesOf(year: number) {
    const changes = [];
    const end = Date.UTC(year + 1, 0, 1);
    for (let at = Date.UTC(year, 0, 1); at < end; at += STEP_MS) {
      // The last second before is looked at too: a change may fall on the first moment of a step.
      let low = at - 1000;
      const high = Math.min(at + STEP_MS, end) - 1000;
      for (let before = this.#offsetAt(low); before !== this.#offsetAt(high); before = this.#offsetAt(low)) {
        const changeAt = this.#firstChange(low, high, before);
        changes.push({ at: changeAt, offset: this.#offsetAt(changeAt), offsetBefore: before });
        low = changeAt;
      }
    }
    return changes;
  }

  #firstChange(low: number, high: number, offset: number): number {
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000;
      if (this.#offsetAt(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }
}

/** Wall clock minus epoch at a moment, both in milliseconds. */
export type OffsetAt = (moment: number) => number;
