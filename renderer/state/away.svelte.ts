import type { Run } from '../../electron/api/api.ts';
import type { App } from './app.svelte.ts';

/** A shorter absence is a coffee: one remembers what was there. */
const ABSENT_MS = 60 * 60_000;
const SEEN_KEY = 'nightjar.seenAt';
/** Enough for a night of a job every minute; beyond it says "1,000 and more". */
const LIMIT = 1_000;

export type Absence = {
  fromAt: number;
  toAt: number;
  succeeded: number;
  isMore: boolean;
  failed: Run[];
  /** Skipped and coalesced occurrences, with their reason. */
  skipped: Run[];
};

/**
 * What happened while nobody looked: after sleep, or when the window was closed or hidden for an hour. That it was seen is kept in
 * the browser, since it is about this window and this person.
 */
export class Away {
  absence: Absence | null = $state.raw(null);
  #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  dismiss(): void {
    this.absence = null;
  }

  /** Call once the host is known; looks again whenever the window is shown. Returns stop. */
  start(): () => void {
    void this.#app.commands.report(() => this.#look());
    const onvisible = () =>
      document.visibilityState === 'visible' && void this.#app.commands.report(() => this.#look());
    // A lid that was closed leaves the page visible; the next second is then an hour later.
    const timer = setInterval(onvisible, 10_000);
    document.addEventListener('visibilitychange', onvisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onvisible);
    };
  }

  async #look(): Promise<void> {
    const now = this.#app.now.at;
    const seenAt = Number(localStorage.getItem(SEEN_KEY) ?? now);
    localStorage.setItem(SEEN_KEY, String(now));
    if (now - seenAt < ABSENT_MS) return;
    const { runs, hasMore } = await this.#app.backend.call('runs.list', { fromAt: seenAt, limit: LIMIT });
    if (runs.length === 0) return;
    const latest = new Map<string, Run>();
    // The latest failure of a job is the one to look at, and only where it did not recover since.
    for (const run of runs)
      if (!latest.has(run.job) && run.state !== 'skipped' && run.endedAt !== null) latest.set(run.job, run);
    this.absence = {
      fromAt: seenAt,
      toAt: now,
      succeeded: runs.filter((run) => run.state === 'succeeded').length,
      isMore: hasMore,
      failed: [...latest.values()].filter(
        (run) => run.state === 'failed' || run.state === 'timed-out' || run.state === 'interrupted',
      ),
      skipped: runs.filter((run) => run.state === 'skipped'),
    };
  }
}
