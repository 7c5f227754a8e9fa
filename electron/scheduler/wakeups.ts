import { watch, type FSWatcher } from 'node:fs';
import type { Clock } from './clock.ts';
import type { Lease } from './lease.ts';

/** Every 5 seconds it looks for new jobs, fills its queue and executes what is waiting, whatever the timers say. */
const TICK_MS = 5_000;
/** While draining nothing is due; only cancels of other instances are looked for. */
const DRAINING_TICK_MS = 1_000;
/** Containers that nobody claims any more are looked for this often, and once soon after the start, which need not wait for it. */
const REAP_MS = 10 * 60_000;
const FIRST_REAP_MS = 1_000;

export interface WakeupsPorts {
  readonly clock: Clock;
  /** Does what there is to do; resolves with the next moment at which there is something. */
  tick(): Promise<number>;
  /** Starts what can in the place of what has left, which is no look at the world; resolves with the next moment for that. */
  fill(): Promise<number>;
  onError(error: unknown): void;
}

/**
 * When the scheduler looks at the world: at the nearest due moment, every 5 s, and whenever somebody says that something
 * happened. One timer, one tick at a time; a call during a tick is one more tick after it.
 *
 * No timer is longer than 5 s, so a machine that slept is noticed within 5 s of elapsed time after it woke.
 */
export class Wakeups {
  readonly #ports: WakeupsPorts;
  #stopTimer: (() => void) | undefined;
  #timerAt = Infinity;
  #running: Promise<void> | undefined;
  #filling: Promise<void> | undefined;
  #isAskedAgain = false;
  #state: 'new' | 'running' | 'draining' | 'closed' = 'new';
  #locks: FSWatcher | undefined;
  #reap: () => void = () => {};
  #reapedAt = 0;

  constructor(ports: WakeupsPorts) {
    this.#ports = ports;
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** `reap` removes what crashed instances left in the engine. */
  start(lease: Lease, reap: () => void): void {
    this.#state = 'running';
    this.#reap = reap;
    this.#reapedAt = this.#ports.clock.now() - REAP_MS + FIRST_REAP_MS;
    // Whoever wants the lease writes a file there; waiting for the next tick would make every restart 5 s long.
    try {
      this.#locks = watch(lease.folder, (_event, name) => {
        if (name === 'lease.wanted') this.now();
      });
      this.#locks.on('error', () => this.#locks?.close());
    } catch {
      // The system has no more watchers, which it calls ENOSPC as well: the tick finds the file.
    }
    this.now();
  }

  /** Ticks as soon as possible. */
  now(): void {
    if (this.#state === 'new' || this.#state === 'closed') return;
    if (this.#running !== undefined) {
      this.#isAskedAgain = true;
      return;
    }
    this.#stopTimer?.();
    this.#running = this.#tick().finally(() => {
      this.#running = undefined;
      if (this.#isAskedAgain) {
        this.#isAskedAgain = false;
        this.now();
      }
    });
  }

  /** Something has left and made room. */
  fill(): void {
    if (this.#state === 'running') this.#filling = this.#fill();
  }

  /** From now on ticks only serve the runs that are left; resolves when the last full one has ended. */
  async drain(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'draining';
    this.#locks?.close();
    await Promise.all([this.#running, this.#filling]);
    this.now();
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#locks?.close();
    this.#stopTimer?.();
    await Promise.all([this.#running, this.#filling]);
    this.#stopTimer?.();
  }

  async #fill(): Promise<void> {
    const { clock, fill, onError } = this.#ports;
    try {
      const nextAt = await fill();
      if (nextAt >= this.#timerAt || this.#state !== 'running') return;
      // A tick that is under way may have asked before.
      if (this.#running === undefined) this.#wait(Math.min(nextAt, clock.now() + TICK_MS));
      else this.#isAskedAgain = true;
    } catch (error) {
      onError(error);
    }
  }

  async #tick(): Promise<void> {
    const { clock, tick, onError } = this.#ports;
    this.#timerAt = Infinity;
    let nextAt = Infinity;
    try {
      nextAt = await tick();
    } catch (error) {
      onError(error);
    }
    if (this.#state === 'closed') return;
    const now = clock.now();
    if (this.#state === 'running' && Math.abs(now - this.#reapedAt) >= REAP_MS) {
      this.#reapedAt = now;
      this.#reap();
    }
    const longest = this.#state === 'draining' ? DRAINING_TICK_MS : TICK_MS;
    this.#wait(Math.min(nextAt, now + longest));
  }

  #wait(until: number): void {
    const { clock } = this.#ports;
    this.#stopTimer?.();
    this.#timerAt = until;
    this.#stopTimer = clock.after(Math.max(until - clock.now(), 1), () => this.now());
  }
}
