import type { LogLineView, Output } from '../../electron/api/api.ts';

type Slice = Output<'log.slice'>;

/** Reads `count` rows of the selection from place `from`; negative counts from the end. */
export type ReadSlice = (from: number, count: number) => Promise<Slice>;

/** Rows of one page: about three screens, so that a screen is one request and the next one is there before it is reached. */
const PAGE = 200;
/** What is kept of a log in memory, in characters: 16 million are 32 MB at most. Lines may be 1 MiB each. */
const KEPT_CHARACTERS = 16_000_000;

/**
 * The part of a log that is near the reader's eyes. Ask for rows with `want`; what is missing is read page by page, what is
 * wanted last first: a drag over ten million lines reads where it stops, not what it passed. One request is under way at a time.
 */
export class LogPages {
  total = 0;
  unfinished: Slice['unfinished'] = [];
  readonly #read: ReadSlice;
  readonly #onChange: () => void;
  readonly #onError: (thrown: unknown) => void;
  /** In order of use, the least recent first. */
  readonly #pages = new Map<number, { lines: (LogLineView | undefined)[]; characters: number }>();
  #characters = 0;
  #wanted: { first: number; end: number } | null = null;
  #loading: Promise<void> | null = null;
  #endRows = 0;
  /** By more than a page from one look at the end to the next: what is beside the view then is never looked at. */
  #isRacing = false;
  #isClosed = false;

  constructor(read: ReadSlice, onChange: () => void, onError: (thrown: unknown) => void) {
    this.#read = read;
    this.#onChange = onChange;
    this.#onError = onError;
  }

  line(place: number): LogLineView | undefined {
    return this.#pages.get(Math.floor(place / PAGE))?.lines[place % PAGE];
  }

  /** These rows are looked at: they, and a page on either side, will be here soon. */
  want(first: number, end: number): void {
    this.#wanted = { first, end };
    for (let page = Math.floor(first / PAGE); page <= Math.floor(Math.max(first, end - 1) / PAGE); page++) {
      const kept = this.#pages.get(page);
      if (kept === undefined) continue;
      this.#pages.delete(page);
      this.#pages.set(page, kept);
    }
    this.#start();
  }

  /** Reads the last `rows` rows, and with them the total and what is unfinished. Asked again meanwhile, it reads once more. */
  wantEnd(rows: number): void {
    this.#endRows = Math.max(1, rows);
    this.#start();
  }

  /** When nothing is under way and nothing is missing. */
  async settled(): Promise<void> {
    while (this.#loading !== null) await this.#loading;
  }

  close(): void {
    this.#isClosed = true;
  }

  #start(): void {
    if (this.#loading !== null || this.#isClosed) return;
    this.#loading = this.#load()
      .catch((thrown: unknown) => {
        if (!this.#isClosed) this.#onError(thrown);
      })
      .finally(() => (this.#loading = null));
  }

  async #load(): Promise<void> {
    for (;;) {
      const isEnd = this.#endRows > 0;
      const gap = isEnd ? { from: -this.#endRows, count: this.#endRows } : this.#gap();
      if (gap === null) return;
      this.#endRows = 0;
      const slice = await this.#read(gap.from, gap.count);
      if (this.#isClosed) return;
      if (isEnd) this.#isRacing = this.total > 0 && slice.total - this.total > PAGE;
      this.#store(slice);
      this.#onChange();
      // The host has no such rows although the total says so: asking again would ask for ever.
      if (!isEnd && slice.lines.length === 0) return;
    }
  }

  /** The next rows to read: those in view, then the page below, then the one above. */
  #gap(): { from: number; count: number } | null {
    if (this.#wanted === null) return null;
    const { first, end } = this.#wanted;
    if (this.#isRacing && end >= this.total) return this.#gapIn(first, end);
    return this.#gapIn(first, end) ?? this.#gapIn(end, end + PAGE) ?? this.#gapIn(Math.max(0, first - PAGE), first);
  }

  #gapIn(first: number, end: number): { from: number; count: number } | null {
    const bound = Math.min(end, this.total);
    for (let place = first; place < bound; place++) {
      if (this.line(place) !== undefined) continue;
      // A page of which nothing is here is read from its beginning; of one that was cut short, the rest.
      const page = Math.floor(place / PAGE);
      const from = this.#pages.has(page) ? place : page * PAGE;
      return { from, count: (page + 1) * PAGE - from };
    }
    return null;
  }

  #store(slice: Slice): void {
    this.total = slice.total;
    this.unfinished = slice.unfinished;
    for (const [index, line] of slice.lines.entries()) {
      const place = slice.from + index;
      const number = Math.floor(place / PAGE);
      let page = this.#pages.get(number);
      if (page === undefined) this.#pages.set(number, (page = { lines: [], characters: 0 }));
      if (page.lines[place % PAGE] === undefined) {
        page.characters += line.text.length;
        this.#characters += line.text.length;
      }
      page.lines[place % PAGE] = line;
    }
    const keptFrom = Math.floor((this.#wanted?.first ?? slice.from) / PAGE) - 1;
    const keptTo = Math.floor((this.#wanted?.end ?? slice.total) / PAGE) + 1;
    for (const [number, page] of this.#pages) {
      if (this.#characters <= KEPT_CHARACTERS && this.#pages.size <= 400) break;
      if (number >= keptFrom && number <= keptTo) continue;
      this.#pages.delete(number);
      this.#characters -= page.characters;
    }
  }
}
