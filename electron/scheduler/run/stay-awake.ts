import type { Machine } from '../machine.ts';

/** `keep_awake`: the machine is held awake from the first such run to the last one's end. A process that dies lets go by itself. */
export class StayAwake {
  readonly #keepAwake: Machine['keepAwake'];
  #runs = 0;
  #letSleep: () => void = () => {};

  constructor({ keepAwake }: Pick<Machine, 'keepAwake'>) {
    this.#keepAwake = keepAwake;
  }

  /** A run begins; returns what tells of its end. */
  begin(): () => void {
    if (this.#keepAwake === null) return () => {};
    if (this.#runs === 0) this.#letSleep = this.#keepAwake();
    this.#runs += 1;
    return () => {
      this.#runs -= 1;
      if (this.#runs === 0) this.#letSleep();
    };
  }
}
