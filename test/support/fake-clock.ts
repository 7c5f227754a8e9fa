import type { Clock } from '../../electron/scheduler/clock.ts';

/**
 * A clock that stands still until it is told to move. `advance` is time passing: wall clock and timers move together.
 * `jump` is the lid closing or somebody setting the clock: the wall clock moves, timers do not.
 */
export class FakeClock implements Clock {
  #wall: number;
  #elapsed = 0;
  #timers = new Set<{ at: number; callback: () => void }>();

  constructor(start: string | number) {
    this.#wall = typeof start === 'number' ? start : Date.parse(start);
  }

  now(): number {
    return this.#wall;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#elapsed + Math.max(0, ms), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers are set: what a closed thing must have brought to nought. */
  get pending(): number {
    return this.#timers.size;
  }

  jump(ms: number): void {
    this.#wall += ms;
  }

  advance(ms: number): void {
    const end = this.#elapsed + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#wall += due.at - this.#elapsed;
      this.#elapsed = due.at;
      this.#timers.delete(due);
      due.callback();
    }
    this.#wall += end - this.#elapsed;
    this.#elapsed = end;
  }
}
