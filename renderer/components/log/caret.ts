import type { Point } from '../../state/log-selection.ts';

/**
 * The row and column under a pointer, or the nearest one: above the first row it is that row, right of a text its end. Undefined
 * where there is no row at all. The column counts in what is shown of the line.
 */
export function pointAt(viewport: HTMLElement, x: number, y: number): Point | undefined {
  const rows = [...viewport.querySelectorAll<HTMLElement>('[data-place]')];
  const box = viewport.getBoundingClientRect();
  const inside = Math.min(box.bottom - 1, Math.max(box.top, y));
  const element = rows.findLast((row) => row.getBoundingClientRect().top <= inside) ?? rows[0];
  if (element === undefined) return undefined;
  const row = Number(element.dataset['place']);
  const text = element.querySelector<HTMLElement>('.msg')!;
  if (x <= text.getBoundingClientRect().left) return { row, column: 0 };
  const caret = document.caretPositionFromPoint(x, inside);
  if (caret === null || !text.contains(caret.offsetNode)) return { row, column: Infinity };
  let column = 0;
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (node === caret.offsetNode) return { row, column: column + caret.offset };
    column += node.textContent!.length;
  }
  return { row, column: Infinity };
}
