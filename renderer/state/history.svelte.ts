import type { Run } from '../../electron/api/api.ts';
import type { App } from './app.svelte.ts';
import { NO_FILTERS, type HistoryFilters } from './address.ts';
import { toRunFilter } from './history-filter.ts';
import { headOf, type Head } from './history-heads.ts';
import { VirtualRows } from './virtual-rows.ts';

export type HistoryRow = { kind: 'head'; key: string; head: Head } | { kind: 'run'; run: Run };

const PAGE = 200;
export const ROW_PX = 28;
export const HEAD_PX = 26;
/** The next page is asked for when fewer px than this are left below. */
const AHEAD_PX = 2_000;
/** Between letters of a filter. */
const TYPING_MS = 120;

/** The runs that match the address, as many of them as were scrolled to. */
export class History {
  runs: Run[] = $state.raw([]);
  /** Newer than what is shown, collected while a person reads further down. */
  fresh: Run[] = $state.raw([]);
  counts: { count: number; all: number } | null = $state.raw(null);
  hasMore = $state(false);
  isLoaded = $state(false);
  scrollTop = $state(0);
  height = $state(0);
  #app: App;
  #isPaging = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Answers to filters of before are not shown. */
  #round = 0;

  constructor(app: App) {
    this.#app = app;
  }

  filters: HistoryFilters = $derived.by(() => {
    const address = this.#app.route.current;
    return address.view === 'history' ? address.filters : NO_FILTERS;
  });

  rows: HistoryRow[] = $derived.by(() => {
    const rows: HistoryRow[] = [];
    let last = '';
    // A day's head is the same for the whole of it; a new second must not build the list anew.
    for (const run of this.runs) {
      const head = headOf(run.queuedAt, this.#today, this.#app.now.zone);
      if (head.key !== last) rows.push({ kind: 'head', key: `${head.key} ${run.id}`, head });
      last = head.key;
      rows.push({ kind: 'run', run });
    }
    return rows;
  });
  #today = $derived.by(() => Math.floor(this.#app.now.at / 3_600_000) * 3_600_000);

  layout = $derived.by(() => {
    const layout = new VirtualRows();
    layout.setHeights(this.rows.map((row) => (row.kind === 'head' ? HEAD_PX : ROW_PX)));
    return layout;
  });
  shown = $derived.by(() => {
    const { first, end } = this.layout.window(this.scrollTop, this.height);
    return { top: this.layout.top(first), rows: this.rows.slice(first, end) };
  });

  /** Reads anew after the filters changed, at once or when the typing pauses. */
  refilter(isTyping: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#app.commands.report(() => this.#restart()), isTyping ? TYPING_MS : 0);
  }

  /** Returns stop. */
  start(onError: (error: unknown) => void): () => void {
    const stop = this.#app.backend.follow(['queue.changed', 'run.changed'], () => this.#refresh(), onError);
    return () => {
      clearTimeout(this.#timer);
      stop();
    };
  }

  /** Shows what came meanwhile. */
  takeFresh(): void {
    this.runs = [...this.fresh, ...this.runs];
    this.fresh = [];
  }

  /** Called on every scroll; asks for the next page where its end comes near. */
  async scrolled(scrollTop: number): Promise<void> {
    this.scrollTop = scrollTop;
    const left = this.layout.height - scrollTop - this.height;
    const last = this.runs.at(-1);
    if (!this.hasMore || this.#isPaging || left > AHEAD_PX || !last) return;
    this.#isPaging = true;
    const round = this.#round;
    try {
      const page = await this.#app.backend.call('runs.list', { ...this.#filter(), beforeId: last.id, limit: PAGE });
      if (round !== this.#round) return;
      this.runs = [...this.runs, ...page.runs];
      this.hasMore = page.hasMore;
    } finally {
      this.#isPaging = false;
    }
  }

  #filter() {
    return toRunFilter(this.filters, this.#app.now.zone);
  }

  async #restart(): Promise<void> {
    const round = ++this.#round;
    const filter = this.#filter();
    const [page, counts] = await Promise.all([
      this.#app.backend.call('runs.list', { ...filter, limit: PAGE }),
      this.#app.backend.call('runs.count', filter),
    ]);
    if (round !== this.#round) return;
    this.runs = page.runs;
    this.fresh = [];
    this.hasMore = page.hasMore;
    this.counts = counts;
    this.isLoaded = true;
  }

  /** Something changed: values in place, new rows on top or, while a person reads further down, behind "3 new". */
  async #refresh(): Promise<void> {
    if (!this.isLoaded) return this.#restart();
    const round = this.#round;
    const filter = this.#filter();
    const [page, counts] = await Promise.all([
      this.#app.backend.call('runs.list', { ...filter, limit: PAGE }),
      this.#app.backend.call('runs.count', filter),
    ]);
    if (round !== this.#round) return;
    const newest = this.runs[0]?.id ?? 0;
    const now = new Map(page.runs.map((run) => [run.id, run]));
    this.runs = this.runs.map((run) => now.get(run.id) ?? run);
    this.fresh = page.runs.filter((run) => run.id > newest);
    this.counts = counts;
    if (this.scrollTop === 0) this.takeFresh();
  }
}
