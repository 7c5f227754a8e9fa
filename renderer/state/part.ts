import { createSubscriber } from 'svelte/reactivity';
import { nobodyMisses } from '../client/lost-parts.ts';

/**
 * A part of the window that is not shown at first, in a file of its own: the script that the window begins with is read and compiled
 * before anything is shown. It comes when it is asked for, or before that, when the page is idle (parts.ts).
 */
export class Part<T> {
  readonly #import: () => Promise<{ default: T }>;
  #value: T | undefined;
  #loading: Promise<void> | undefined;
  #isWanted = false;
  #changed = () => {};
  readonly #subscribe = createSubscriber((changed) => void (this.#changed = changed));

  constructor(load: () => Promise<{ default: T }>) {
    this.#import = load;
  }

  /** As `value`, but nobody is in a hurry: being asked neither makes it come nor is told again when it has. */
  get known(): T | undefined {
    return this.#value;
  }

  /** Undefined until it is there; being asked makes it come. */
  get value(): T | undefined {
    if (this.#value === undefined) {
      this.#isWanted = true;
      void this.load();
    }
    this.#subscribe();
    return this.#value;
  }

  /**
   * Never rejects: that a part is lost which somebody has asked for is told by the page itself (lost-parts.ts), and the next who asks
   * tries again.
   */
  load(): Promise<void> {
    return (this.#loading ??= this.#load());
  }

  async #load(): Promise<void> {
    try {
      this.#value = (await this.#import()).default;
      this.#changed();
    } catch (thrown) {
      this.#loading = undefined;
      if (!this.#isWanted) nobodyMisses(thrown);
    }
  }
}
