export type Toast = {
  id: number;
  tone: 'plain' | 'fail';
  text: string;
  action: { label: string; run: () => void } | null;
  /** The run that it tells of. */
  about: number | null;
};

/** Enough to read two lines; one with an action stays until it is answered or closed. */
const SHOWN_MS = 6_000;

/** For what happened elsewhere, and for what a click could not do. */
export class Toasts {
  list: Toast[] = $state.raw([]);
  #nextId = 1;

  say(text: string, options: Partial<Pick<Toast, 'tone' | 'action' | 'about'>> = {}): void {
    const { tone = 'plain', action = null, about = null } = options;
    const toast: Toast = { id: this.#nextId++, tone, text, action, about };
    // Saying the same again replaces: ten clicks on a dead button are one sentence.
    this.list = [...this.list.filter((other) => other.text !== text), toast].slice(-3);
    if (!toast.action) setTimeout(() => this.close(toast.id), SHOWN_MS);
  }

  /** An error of the contract is a sentence already. */
  fail(error: unknown): void {
    this.say(error instanceof Error ? error.message : String(error), { tone: 'fail' });
  }

  /** What tells of a run is answered by looking at it. */
  seen(run: number): void {
    if (this.list.some(({ about }) => about === run)) this.list = this.list.filter(({ about }) => about !== run);
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}
