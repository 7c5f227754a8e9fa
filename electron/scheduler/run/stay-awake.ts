/** Holds sleep off until what it returns is called; null: this host cannot. */
type KeepAwake = (() => () => void) | null;

/** `keep_awake`: the machine is held awake from the first such run to the last one's end. A process that dies lets go by itself. */
export class StayAwake {
  readonly #keepAwake: KeepAwake;
  #runs = 0;
  #letSleep: () => void = () => {};

  constructor({ keepAwake }: { readonly keepAwake: KeepAwake }) {
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
