/** The host's wall clock, once a second. Nothing in the window keeps a timer of its own for text. */
export class Now {
  /** Epoch milliseconds. */
  at = $state(Date.now());
  #zone: string | null = $state(null);
  #ownZone: string | undefined;
  /** A browser may run on another clock than the host. */
  #aheadMs = 0;

  /** The host's zone, and until that is known the browser's; what moments without a zone of their own are shown in. */
  get zone(): string {
    return this.#zone ?? (this.#ownZone ??= Intl.DateTimeFormat().resolvedOptions().timeZone);
  }

  /** Returns stop. */
  start(): () => void {
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      this.at = Date.now() + this.#aheadMs;
      // Aligned to the second, so that all countdowns step together.
      timer = setTimeout(tick, 1_000 - (this.at % 1_000));
    };
    tick();
    return () => clearTimeout(timer);
  }

  adjust(hostNow: number, zone: string): void {
    const aheadMs = hostNow - Date.now();
    // A call's own travel time is no difference of clocks.
    this.#aheadMs = Math.abs(aheadMs) < 500 ? 0 : aheadMs;
    this.#zone = zone;
    this.at = Date.now() + this.#aheadMs;
  }
}
