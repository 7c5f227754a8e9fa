import type { Attachment } from 'svelte/attachments';

export type Place = 'before' | 'after';

/** Less is a click with an unsteady hand. */
const DRAG_PX = 4;

/**
 * Dragging a row of a list to another place by pointer. The list does not shuffle meanwhile: the row lifts and a line shows where
 * it would go; Escape puts it back. Rows are the children that carry `data-id`.
 */
export class Reorder {
  dragged: number | null = $state(null);
  /** How far the row is from its place, in px. */
  offset = $state(0);
  target: { id: number; place: Place } | null = $state.raw(null);
  #drop: (id: number, to: number, place: Place) => void;
  #startY = 0;

  constructor(drop: (id: number, to: number, place: Place) => void) {
    this.#drop = drop;
  }

  /** For the list's element. */
  list: Attachment<HTMLElement> = (list) => {
    const onpointerdown = (event: PointerEvent) => {
      const target = event.target as Element;
      const row = target.closest<HTMLElement>('[data-id]');
      if (!row || event.button !== 0 || target.closest('button')) return;
      this.#startY = event.clientY;
      this.#follow(list, row, Number(row.dataset['id']));
    };
    list.addEventListener('pointerdown', onpointerdown);
    return () => list.removeEventListener('pointerdown', onpointerdown);
  };

  #follow(list: HTMLElement, row: HTMLElement, id: number): void {
    const stop = new AbortController();
    const listen = <K extends keyof WindowEventMap>(type: K, listener: (event: WindowEventMap[K]) => void) =>
      window.addEventListener(type, listener, { signal: stop.signal, capture: true });
    const end = () => {
      stop.abort();
      this.dragged = null;
      this.target = null;
      this.offset = 0;
    };
    listen('pointermove', (event) => {
      const offset = event.clientY - this.#startY;
      if (this.dragged === null && Math.abs(offset) < DRAG_PX) return;
      this.dragged = id;
      this.offset = offset;
      this.target = targetAt(list, row, event.clientY);
    });
    listen('pointerup', () => {
      if (this.dragged === null) return end();
      if (this.target) this.#drop(id, this.target.id, this.target.place);
      // The click that ends a drag is no click on the row's link.
      window.addEventListener('click', (event) => event.preventDefault(), { capture: true, once: true });
      setTimeout(end);
    });
    listen('pointercancel', end);
    listen('keydown', (event) => {
      if (event.key !== 'Escape' || this.dragged === null) return;
      event.stopPropagation();
      end();
    });
  }
}

function targetAt(list: HTMLElement, dragged: HTMLElement, y: number): Reorder['target'] {
  const rows = [...list.querySelectorAll<HTMLElement>('[data-id]')];
  const from = rows.indexOf(dragged);
  for (const [index, row] of rows.entries()) {
    const { top, bottom } = row.getBoundingClientRect();
    if (row === dragged || y > bottom || y < top) continue;
    const place: Place = y < (top + bottom) / 2 ? 'before' : 'after';
    // Before the next or after the previous row is where it is already.
    const isHere = (place === 'before' && index === from + 1) || (place === 'after' && index === from - 1);
    return isHere ? null : { id: Number(row.dataset['id']), place };
  }
  const [first, last] = [rows[0], rows.at(-1)];
  if (first && first !== dragged && y < first.getBoundingClientRect().top)
    return { id: Number(first.dataset['id']), place: 'before' };
  if (last && last !== dragged && y > last.getBoundingClientRect().bottom)
    return { id: Number(last.dataset['id']), place: 'after' };
  return null;
}
