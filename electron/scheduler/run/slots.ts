/**
 * A counted limit that is waited for in order: `max_parallel_tasks` over all runs of a scheduler. What waits leaves the line
 * when its signal aborts.
 */
export class Slots {
  #free: number;
  #limit: number;
  readonly #line: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
    this.#free = limit;
  }

  /** Changes the limit while slots are taken: fewer are then given until enough came back. */
  resize(limit: number): void {
    this.#free += limit - this.#limit;
    this.#limit = limit;
    this.#serve();
  }

  /** Resolves with the function that gives the slot back, or with undefined when `signal` aborted first. */
  take(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const leave = (): void => {
        this.#line.splice(this.#line.indexOf(turn), 1);
        resolve(undefined);
      };
      const turn = (): void => {
        signal.removeEventListener('abort', leave);
        let isBack = false;
        resolve(() => {
          if (isBack) return;
          isBack = true;
          this.#free += 1;
          this.#serve();
        });
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#line.push(turn);
      this.#serve();
    });
  }

  #serve(): void {
    while (this.#free > 0) {
      const turn = this.#line.shift();
      if (turn === undefined) return;
      this.#free -= 1;
      turn();
    }
  }
}
