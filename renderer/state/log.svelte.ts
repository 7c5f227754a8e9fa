import type { Input, Output } from '../../electron/api/api.ts';
import type { LogStream } from '../../electron/api/words.ts';
import { LOG_REST_MS, type Backend } from '../client/backend.ts';
import { followed, newBelow, type Follow, type FollowEvent } from './log-follow.ts';
import { LogMarks, type Row } from './log-marks.svelte.ts';
import { LogPages, type ReadSlice } from './log-pages.ts';
import { LogSearch, type Found } from './log-search.ts';
import { clampTop, isInView, lastTop, LINE_PX, scrolled, topFor, visibleRows, type View } from './log-window.ts';

/** Rows read at the end beyond those in view. */
const MARGIN = 20;
/** Rows of a large window, for what is read before the window's height is known. */
const FIRST_ROWS = 80;

/**
 * One run's log as it is read: where the reader stands, what is shown of it, what is marked and found. The place is a row with a
 * part of it (log-window.ts); rows are places within the chosen tasks and streams, numbers are those of the whole log, from 0.
 */
export class LogView {
  top = $state(0);
  height = $state(0);
  isWrapped = $state(false);
  hasTimes = $state(true);
  /** Null: all tasks, all streams. */
  taskRunIds: readonly number[] | null = $state.raw(null);
  streams: readonly LogStream[] | null = $state.raw(null);
  follow: Follow = $state.raw({ isOn: true, seen: 0 });
  found: Found = $state.raw({
    text: '',
    isCaseSensitive: false,
    numbers: [],
    current: null,
    isCounting: false,
    isCapped: false,
  });
  /** Line that the address names. */
  target: number | null = $state(null);
  firstError: number | null = $state(null);
  /** Lines of the selection, finished ones. */
  total = $state(0);
  isLoaded = $state(false);
  /** The longest line that was seen, in characters: the width that there is to scroll. */
  widest = $state(0);
  #version = $state(0);
  #unfinished: Output<'log.slice'>['unfinished'] = $state.raw([]);
  #heights = new Map<number, number>();
  /** Characters in a wrapped row, for rows that are not measured yet. */
  #columns = 100;
  #pages: LogPages;
  #hasMoved = false;
  #generation = 0;
  readonly marks: LogMarks;
  readonly #search: LogSearch;
  readonly #backend: Backend;
  readonly #run: number;
  readonly #onError: (thrown: unknown) => void;

  constructor(backend: Backend, run: number, onError: (thrown: unknown) => void) {
    this.#backend = backend;
    this.#run = run;
    this.#onError = onError;
    this.#pages = this.#newPages();
    this.marks = new LogMarks(
      {
        size: () => ({ total: this.total, rows: this.rowCount }),
        row: (place) => this.row(place),
        read: () => this.#read(),
      },
      () => this.#follow({ kind: 'selected', rows: this.total }),
    );
    this.#search = new LogSearch(
      (query, fromNumber, limit) =>
        backend.call('log.search', {
          ...this.#selected(),
          text: query.text,
          isCaseSensitive: query.isCaseSensitive,
          fromNumber,
          limit,
        }),
      (found) => (this.found = found),
      (number) => this.#attempt(() => this.#showNumber(number, 'searched')),
    );
  }

  rowCount = $derived.by(() => this.total + this.#unfinished.length);
  newBelow = $derived.by(() => newBelow(this.follow, this.total));
  rows: Row[] = $derived.by(() => {
    void this.#version;
    const { first, end } = visibleRows(this.#view, this.top);
    return Array.from({ length: end - first }, (_, index) => this.row(first + index));
  });
  isAtEnd = $derived.by(() => this.top >= lastTop(this.#view) - 1e-6);
  lastTop = $derived.by(() => lastTop(this.#view));
  /** Number of the line that the view begins with, for the place of a mark. */
  topNumber = $derived.by(() => this.rows.find((row) => (row.line?.number ?? null) !== null)?.line?.number ?? 0);

  /** Asks for the end before anything else is known. */
  prefetch(): void {
    this.#pages.wantEnd(FIRST_ROWS);
  }

  /** Reads on what arrives. Opens at a line that is named, unless one reads elsewhere already; else at the end. Returns stop. */
  start(line: number | null): () => void {
    if (line !== null && !this.#hasMoved) this.#attempt(() => this.goTo(line));
    const hints = [{ event: 'log.grew' as const, key: this.#run }];
    const stop = this.#backend.follow(hints, () => this.refresh(), this.#onError, LOG_REST_MS);
    return () => {
      stop();
      this.#pages.close();
      this.#search.close();
      this.marks.close();
    };
  }

  /** Reads the end again: the total, what is unfinished and, while following, the lines. */
  async refresh(): Promise<void> {
    const pages = this.#pages;
    pages.wantEnd(this.follow.isOn ? Math.ceil(this.height / LINE_PX) + MARGIN : 1);
    await pages.settled();
    await this.#search.more();
  }

  row(place: number): Row {
    const unfinished = this.#unfinished[place - this.total];
    if (unfinished !== undefined) return { place, line: { ...unfinished, number: null } };
    return { place, line: this.#pages.line(place) ?? null };
  }

  resize(height: number, columns: number): void {
    if (columns !== this.#columns && this.isWrapped) this.#heights.clear();
    this.#columns = Math.max(20, columns);
    this.height = height;
    this.#settle();
  }

  /** What a wrapped row turned out to measure. */
  measured(place: number, px: number): void {
    if (!this.isWrapped || this.#heights.get(place) === px) return;
    this.#heights.set(place, px);
    this.#version++;
    this.#settle();
  }

  scrollBy(px: number): void {
    this.#moveTo(scrolled(this.#view, this.top, px), px < 0);
  }

  /** To a part of the whole, 0 to 1, as the bar on the right edge is dragged. */
  scrollTo(part: number): void {
    const top = part * lastTop(this.#view);
    this.#moveTo(top, top < this.top);
  }

  pages(count: number): void {
    this.scrollBy(count * Math.max(LINE_PX, this.height - 3 * LINE_PX));
  }

  home(): void {
    this.#moveTo(0, true);
  }

  /** The very end, and on with it. */
  end(): void {
    this.#follow({ kind: 'asked', rows: this.total });
    this.#pages.wantEnd(Math.ceil(this.height / LINE_PX) + MARGIN);
    this.#settle();
  }

  /** To a line by its number in the whole log, and marks it. */
  async goTo(number: number): Promise<void> {
    this.target = number;
    await this.#showNumber(number, 'jumped');
  }

  async readFirstError(): Promise<number | null> {
    const { number } = await this.#backend.call('log.firstError', this.#selected());
    return (this.firstError = number);
  }

  /** Shows other tasks or streams; the line at the top of the view stays there, or the next that is still shown. */
  select(taskRunIds: readonly number[] | null, streams: readonly LogStream[] | null): void {
    const isSame = JSON.stringify([taskRunIds, streams]) === JSON.stringify([this.taskRunIds, this.streams]);
    if (isSame) return;
    const anchor = this.topNumber;
    this.taskRunIds = taskRunIds;
    this.streams = streams;
    this.marks.unmark();
    this.#generation++;
    this.#heights.clear();
    this.widest = 0;
    this.#pages.close();
    this.#pages = this.#newPages();
    this.#attempt(async () => {
      if (!this.follow.isOn) {
        const { place, total } = await this.#backend.call('log.place', { ...this.#selected(), number: anchor });
        this.total = this.#pages.total = total;
        this.top = clampTop(this.#view, place);
      }
      await this.refresh();
      this.#settle();
      if (this.found.text !== '') await this.#search.find(this.found.text, this.found.isCaseSensitive, anchor);
    });
  }

  wrap(isWrapped: boolean): void {
    this.isWrapped = isWrapped;
    this.#heights.clear();
    this.#settle();
  }

  find(text: string, isCaseSensitive = this.found.isCaseSensitive): void {
    const near = this.found.current ?? this.topNumber;
    if (text !== '') this.#follow({ kind: 'searched', rows: this.total });
    this.#attempt(() => this.#search.find(text, isCaseSensitive, near));
  }

  next(): void {
    this.#attempt(() => this.#search.next());
  }

  previous(): void {
    this.#search.previous();
  }

  get #view(): View {
    return { rows: this.rowCount, height: this.height, heightOf: (row) => this.#heightOf(row) };
  }

  #heightOf(row: number): number {
    if (!this.isWrapped) return LINE_PX;
    const text = this.row(row).line?.text;
    return this.#heights.get(row) ?? LINE_PX * Math.max(1, Math.ceil((text?.length ?? 1) / this.#columns));
  }

  #selected(): Pick<Input<'log.slice'>, 'run' | 'taskRunIds' | 'streams'> {
    return {
      run: this.#run,
      taskRunIds: this.taskRunIds === null ? undefined : [...this.taskRunIds],
      streams: this.streams === null ? undefined : [...this.streams],
    };
  }

  #read(): ReadSlice {
    const selected = this.#selected();
    return (from, count) => this.#backend.call('log.slice', { ...selected, from, count });
  }

  #newPages(): LogPages {
    const pages: LogPages = new LogPages(this.#read(), () => this.#changed(pages), this.#onError);
    return pages;
  }

  #changed(pages: LogPages): void {
    if (pages !== this.#pages) return;
    this.total = pages.total;
    this.#unfinished = pages.unfinished;
    this.isLoaded = true;
    this.#version++;
    this.#follow({ kind: 'grew', rows: this.total });
    this.#settle();
  }

  #follow(event: FollowEvent): void {
    this.#hasMoved ||= event.kind !== 'grew';
    this.follow = followed(this.follow, event);
  }

  #moveTo(top: number, isUp: boolean): void {
    this.top = clampTop(this.#view, top);
    this.#follow({ kind: 'scrolled', rows: this.total, isUp, isAtEnd: this.isAtEnd });
    this.#settle();
  }

  /** After anything that changed: at the end while following, and what is in view is asked for. */
  #settle(): void {
    if (this.height === 0) return;
    if (this.follow.isOn) this.top = lastTop(this.#view);
    const { first, end } = visibleRows(this.#view, this.top);
    if (this.isLoaded) this.#pages.want(first, Math.min(end, this.total));
    for (const { line } of this.rows) if (line !== null) this.widest = Math.max(this.widest, line.text.length);
  }

  async #showNumber(number: number, kind: 'searched' | 'jumped'): Promise<void> {
    // Before the first answer nothing is known to be new.
    this.#follow({ kind, rows: this.isLoaded ? this.total : Infinity });
    const generation = this.#generation;
    const { place, total } = await this.#backend.call('log.place', { ...this.#selected(), number });
    if (generation !== this.#generation) return;
    this.total = this.#pages.total = Math.max(total, this.#pages.total);
    if (this.follow.seen === Infinity) this.follow = { isOn: false, seen: this.total };
    this.isLoaded = true;
    if (!isInView(this.#view, this.top, place)) this.top = topFor(this.#view, place);
    this.#settle();
  }

  #attempt(work: () => Promise<unknown>): void {
    work().catch(this.#onError);
  }
}
