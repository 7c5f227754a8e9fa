import type { Output } from '../../electron/api/api.ts';
import { count } from '../format/number.ts';

/** One step of a scan from a line number: at most `limit` numbers of lines that match. */
export type SearchStep = (
  query: { text: string; isCaseSensitive: boolean },
  fromNumber: number,
  limit: number,
) => Promise<Output<'log.search'>>;

export interface Found {
  readonly text: string;
  readonly isCaseSensitive: boolean;
  /** Numbers of the lines that match, in order, as far as they are counted. */
  readonly numbers: readonly number[];
  /** The line that the reader was taken to. */
  readonly current: number | null;
  readonly isCounting: boolean;
  /** There are more than are counted. */
  readonly isCapped: boolean;
}

/** Lines that are counted at most: more tell a reader nothing, and each is a mark on the right edge. */
const COUNTED = 10_000;

const NOTHING: Found = {
  text: '',
  isCaseSensitive: false,
  numbers: [],
  current: null,
  isCounting: false,
  isCapped: false,
};

/**
 * A search over the whole log on disk. Two scans: one from where the reader is, which goes to the nearest match at once, and one
 * from the beginning, which counts. A new query, or `close`, makes the answers to the old one void.
 */
export class LogSearch {
  #found: Found = NOTHING;
  #generation = 0;
  #scannedTo = 0;
  #isScanning = false;
  readonly #step: SearchStep;
  readonly #onChange: (found: Found) => void;
  readonly #onGo: (number: number) => void;

  constructor(step: SearchStep, onChange: (found: Found) => void, onGo: (number: number) => void) {
    this.#step = step;
    this.#onChange = onChange;
    this.#onGo = onGo;
  }

  get found(): Found {
    return this.#found;
  }

  /** Looks for `text` and goes to the first match at or after line `near`, else to the first of all. Resolves when counted. */
  async find(text: string, isCaseSensitive: boolean, near: number): Promise<void> {
    const generation = ++this.#generation;
    this.#scannedTo = 0;
    this.#set({ ...NOTHING, text, isCaseSensitive, isCounting: text !== '' });
    if (text === '') return;
    await Promise.all([this.#probe(generation, near), this.#count(generation)]);
    const first = this.#found.numbers[0];
    if (generation === this.#generation && this.#found.current === null && first !== undefined) this.#go(first);
  }

  /** The log has grown: counts on from where the last count ended. */
  async more(): Promise<void> {
    if (this.#found.text === '' || this.#isScanning || this.#found.isCapped) return;
    await this.#count(this.#generation);
  }

  async next(): Promise<void> {
    const { numbers, current, isCounting, isCapped } = this.#found;
    const known = numbers.find((number) => number > (current ?? -1));
    // While there may be matches that are not counted, the next one counted need not be the next one.
    if (known !== undefined && (!isCounting || numbers.includes(current ?? -1))) return this.#go(known);
    if (current !== null && (isCounting || isCapped)) {
      const before = this.#found.current;
      await this.#probe(this.#generation, current + 1);
      if (this.#found.current !== before) return;
    }
    if (numbers[0] !== undefined) this.#go(numbers[0]);
  }

  previous(): void {
    const { numbers, current } = this.#found;
    const known = numbers.findLast((number) => number < (current ?? 0)) ?? numbers.at(-1);
    if (known !== undefined) this.#go(known);
  }

  close(): void {
    this.#generation++;
    this.#set(NOTHING);
  }

  async #probe(generation: number, from: number): Promise<void> {
    for (let next: number | null = from; next !== null;) {
      const step = await this.#step(this.#found, next, 1);
      if (generation !== this.#generation) return;
      if (step.numbers[0] !== undefined) return this.#go(step.numbers[0]);
      next = step.nextNumber;
    }
  }

  async #count(generation: number): Promise<void> {
    this.#isScanning = true;
    for (;;) {
      const step = await this.#step(this.#found, this.#scannedTo, 1_000);
      if (generation !== this.#generation) return;
      // The end of a live log is scanned again when it has grown, so a number may come twice.
      const last = this.#found.numbers.at(-1) ?? -1;
      const numbers = [...this.#found.numbers, ...step.numbers.filter((number) => number > last)];
      this.#scannedTo = step.nextNumber ?? (numbers.at(-1) ?? this.#scannedTo - 1) + 1;
      const isCapped = numbers.length >= COUNTED && step.nextNumber !== null;
      this.#isScanning = step.nextNumber !== null && !isCapped;
      // More of a live log is counted without saying so: the number grows, no word flickers.
      this.#set({ ...this.#found, numbers, isCapped, isCounting: this.#found.isCounting && this.#isScanning });
      if (!this.#isScanning) return;
    }
  }

  #go(number: number): void {
    this.#set({ ...this.#found, current: number });
    this.#onGo(number);
  }

  #set(found: Found): void {
    this.#found = found;
    this.#onChange(found);
  }
}

/** "3 of 17", "17+" while counting, "none". */
export function countWords(found: Found): string {
  if (found.text === '') return '';
  const { numbers, current } = found;
  const many = count(numbers.length);
  if (found.isCounting) return numbers.length === 0 ? 'searching' : `${many}+`;
  if (numbers.length === 0) return 'none';
  const index = current === null ? -1 : numbers.indexOf(current);
  const all = found.isCapped ? `${many}+` : many;
  return index === -1 ? all : `${count(index + 1)} of ${all}`;
}

/** Where `text` stands in a line's plain text. */
export function occurrences(line: string, text: string, isCaseSensitive: boolean): { from: number; to: number }[] {
  if (text === '') return [];
  // A regular expression instead of two lowered strings: lowering may change the length ("İ").
  const pattern = new RegExp(text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'), isCaseSensitive ? 'gu' : 'giu');
  return Array.from(line.matchAll(pattern), (match) => ({ from: match.index, to: match.index + match[0].length }));
}
