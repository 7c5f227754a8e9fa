import type { Job } from '../../electron/api/api.ts';
import { dayAndMonth, hourOf } from '../format/moment.ts';
import type { App } from './app.svelte.ts';
import { UPCOMING_HOURS } from './jobs.svelte.ts';
import { findCollisions, slotsNeeded, spread, toLanes, type Collision } from './timeline.ts';

const HOUR = 3_600_000;
export const BUCKET_MS = HOUR / 2;
/** A label is about this wide; two must not lie over each other. */
const LABEL_PX = 240;

/** The next 48 hours, laid out over a width in px that the view measures. */
export class Upcoming {
  width = $state(0);
  #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  // Once a minute: the picture would not change by a pixel more often.
  fromAt = $derived.by(() => Math.floor(this.#app.now.at / 60_000) * 60_000);
  slots = $derived.by(() => this.#app.status.value?.maxParallelRuns ?? 1);
  #occurrences = $derived.by(() => this.#app.jobs.upcoming.filter(({ dueAt }) => dueAt >= this.fromAt));
  #bands = $derived.by(() => this.#app.jobs.bands.filter(({ lastAt }) => lastAt >= this.fromAt));
  /** All that is due, as far as it matters for the slots. */
  #coming = $derived.by(() => {
    const inBands = new Set(this.#bands.map(({ job }) => job));
    const told = this.#occurrences.filter(({ job }) => !inBands.has(job));
    const spreadOut = spread(this.#bands).filter(({ dueAt }) => dueAt >= this.fromAt);
    return [...told, ...spreadOut].sort((a, b) => a.dueAt - b.dueAt);
  });
  #found = $derived.by(() => findCollisions(this.#coming, this.slots));
  lanes = $derived.by(() => toLanes(this.#occurrences, this.#bands, this.#found.late));
  needed = $derived.by(() => slotsNeeded(this.#coming, this.fromAt, BUCKET_MS, UPCOMING_HOURS * 2));

  /** Of each bucket: whether a collision is being worked off in it. */
  isLate: boolean[] = $derived.by(() =>
    this.needed.map((_, bucket) => {
      const at = this.fromAt + bucket * BUCKET_MS;
      return this.#found.collisions.some((one) => one.at < at + BUCKET_MS && one.clearAt > at);
    }),
  );

  x = (at: number): number => ((at - this.fromAt) / (UPCOMING_HOURS * HOUR)) * this.width;

  /** Those whose label finds room, the earliest first. */
  labels: Collision[] = $derived.by(() => {
    let endX = -Infinity;
    return this.#found.collisions.filter(({ at }) => {
      if (this.x(at) < endX || this.x(at) > this.width - LABEL_PX / 2) return false;
      endX = this.x(at) + LABEL_PX;
      return true;
    });
  });

  /** Lines at 0, 6, 12 and 18 o'clock, and the nights, by the host's zone. */
  hours = $derived.by(() => {
    const zone = this.#app.now.zone;
    const first = Math.ceil(this.fromAt / HOUR) * HOUR;
    const all = Array.from({ length: UPCOMING_HOURS }, (_, i) => ({
      at: first + i * HOUR,
      hour: hourOf(first + i * HOUR, zone),
    }));
    const lines = all
      .filter(({ hour }) => hour % 6 === 0)
      .map(({ at, hour }) => ({
        at,
        isDay: hour === 0,
        label: hour === 0 ? dayAndMonth(at, zone).replace(/ \w+$/, '') : `${String(hour).padStart(2, '0')}:00`,
      }));
    const nights = all.filter(({ hour }) => hour >= 22 || hour < 6).map(({ at }) => at);
    const isNightNow = hourOf(this.fromAt, zone) >= 22 || hourOf(this.fromAt, zone) < 6;
    return { lines, nights: isNightNow ? [first - HOUR, ...nights] : nights };
  });

  /** Valid jobs that are not in the picture, and why. */
  absent: { later: Job[]; paused: Job[]; manual: Job[]; after: Job[] } = $derived.by(() => {
    const shown = new Set(this.lanes.map((lane) => lane.job));
    const rest = this.#app.jobs.list.filter((job) => !shown.has(job.id) && job.state !== 'problem');
    return {
      later: rest.filter((job) => job.nextDueAt !== null).sort((a, b) => a.nextDueAt! - b.nextDueAt!),
      // What has no schedule misses nothing by a pause.
      paused: rest.filter((job) => job.pause !== null && job.schedules.length > 0),
      manual: rest.filter((job) => job.schedules.length === 0 && job.after.length === 0),
      after: rest.filter((job) => job.schedules.length === 0 && job.after.length > 0),
    };
  });
}
