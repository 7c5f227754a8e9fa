import { ENTRY_BYTES } from './log-index.ts';
import type { PagedFile } from './paged-file.ts';

/** The lines of a selection: which numbers they have in the whole log. Places count within the selection, from 0. */
export interface SelectedLines {
  readonly total: number;
  /** Of the lines from a place on, in order; fewer at the end. */
  numbers(from: number, count: number): Promise<Uint32Array>;
  /** How many lines of the selection come before the line with this number. */
  placeOf(number: number): Promise<number>;
}

export class AllLines implements SelectedLines {
  readonly total: number;

  constructor(total: number) {
    this.total = total;
  }

  async numbers(from: number, count: number): Promise<Uint32Array> {
    return Uint32Array.from({ length: Math.max(0, Math.min(count, this.total - from)) }, (_, i) => from + i);
  }

  async placeOf(number: number): Promise<number> {
    return Math.max(0, Math.min(number, this.total));
  }
}

/** Of a log of few lines, those that are selected, by their numbers. */
export class FewLines implements SelectedLines {
  readonly total: number;
  readonly #numbers: Uint32Array;

  constructor(numbers: Uint32Array) {
    this.total = numbers.length;
    this.#numbers = numbers;
  }

  async numbers(from: number, count: number): Promise<Uint32Array> {
    return this.#numbers.subarray(from, from + count);
  }

  async placeOf(number: number): Promise<number> {
    const place = this.#numbers.findIndex((one) => one >= number);
    return place < 0 ? this.total : place;
  }
}

/**
 * The lines of several lists of rising numbers, merged without reading the lists: a place in the merged order is one place in
 * each list, found by halving the numbers between which it must be.
 */
export class ListedLines implements SelectedLines {
  readonly total: number;
  readonly #lists: readonly PagedFile[];
  readonly #lengths: readonly number[];
  readonly #allLines: number;

  /** `allLines` is the length of the whole log: no number is as large. */
  constructor(lists: readonly PagedFile[], allLines: number) {
    this.#lists = lists;
    this.#lengths = lists.map((list) => Math.floor(list.size / ENTRY_BYTES));
    this.#allLines = allLines;
    this.total = this.#lengths.reduce((sum, length) => sum + length, 0);
  }

  async numbers(from: number, count: number): Promise<Uint32Array> {
    const starts = await this.#placesInLists(from);
    const ends = await this.#placesInLists(Math.min(this.total, from + count));
    const merged: number[] = [];
    for (const [i, list] of this.#lists.entries()) {
      const bytes = await list.bytes(starts[i]! * ENTRY_BYTES, (ends[i]! - starts[i]!) * ENTRY_BYTES);
      for (let place = 0; place + ENTRY_BYTES <= bytes.length; place += ENTRY_BYTES) {
        merged.push(bytes.readUInt32LE(place));
      }
    }
    return Uint32Array.from(merged).sort();
  }

  async placeOf(number: number): Promise<number> {
    let place = 0;
    for (const [i, length] of this.#lengths.entries()) place += await this.#placeInList(i, number, 0, length);
    return place;
  }

  /** For a place in the merged order, how many lines of each list come before it. */
  async #placesInLists(place: number): Promise<readonly number[]> {
    if (this.#lists.length === 1) return [Math.min(place, this.total)];
    if (place >= this.total) return this.#lengths;
    let lows: readonly number[] = this.#lengths.map(() => 0);
    let highs = this.#lengths;
    if (place <= 0) return lows;
    for (let low = 0, high = this.#allLines; high - low > 1;) {
      const middle = Math.floor((low + high) / 2);
      const places: number[] = [];
      for (const [i, from] of lows.entries()) places.push(await this.#placeInList(i, middle, from, highs[i]!));
      const sum = places.reduce((a, b) => a + b, 0);
      if (sum === place) return places;
      if (sum < place) [low, lows] = [middle, places];
      else [high, highs] = [middle, places];
    }
    return lows;
  }

  /** How many numbers of one list are smaller, where it is known that so many to so many are. */
  async #placeInList(i: number, number: number, from: number, to: number): Promise<number> {
    let low = from;
    for (let high = to; low < high;) {
      const middle = Math.floor((low + high) / 2);
      const { bytes, place } = await this.#lists[i]!.page(middle * ENTRY_BYTES);
      if (bytes.readUInt32LE(place) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
