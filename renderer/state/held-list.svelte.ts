import type { Attachment } from 'svelte/attachments';
import { holdOrder, type Held } from './hold-order.ts';

/** A list that stands still while a person points at it or works in it by keyboard. */
export class HeldList<T extends { id: number }> {
  rows: Held<T>[] = $state.raw([]);
  #fresh: T[] = [];
  #hasPointer = false;
  #hasFocus = false;

  update(fresh: T[]): void {
    this.#fresh = fresh;
    this.#show(false);
  }

  /** The person changed the order by hand, so what came of it is shown. */
  accept(): void {
    this.#show(true);
  }

  /** For the list's element. */
  hold: Attachment<HTMLElement> = (list) => {
    const stop = new AbortController();
    const listen = (type: string, change: (event: Event) => void) =>
      list.addEventListener(
        type,
        (event) => {
          change(event);
          // A row that is moved or removed loses the focus in the midst of drawing, when nothing may change.
          queueMicrotask(() => this.#show(false));
        },
        { signal: stop.signal },
      );
    listen('pointerenter', () => (this.#hasPointer = true));
    listen('pointerleave', () => (this.#hasPointer = false));
    // A focus that a click left behind is nobody at work; one that shows its ring is.
    listen('focusin', ({ target }) => (this.#hasFocus = (target as Element).matches(':focus-visible')));
    listen('focusout', () => (this.#hasFocus = false));
    return () => stop.abort();
  };

  #show(isForced: boolean): void {
    const isHeld = (this.#hasPointer || this.#hasFocus) && this.rows.length > 0 && !isForced;
    const rows = isHeld
      ? holdOrder(this.rows, this.#fresh, (item) => item.id)
      : this.#fresh.map((item) => ({ item, isGone: false }));
    const before = new Map(this.rows.map((row) => [row.item, row]));
    this.rows = rows.map((row) => (before.get(row.item)?.isGone === row.isGone ? before.get(row.item)! : row));
  }
}
