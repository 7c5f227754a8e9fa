/**
 * Where a reader stands in a log, as arithmetic. Browsers end at about 33 million pixels, 1.8 million lines of ours, so there is
 * no tall element: the place is one number, the first visible row with the part of it that is above the edge (12.5: row 12, half
 * of it gone), and exactly the rows that can be seen exist.
 *
 * Rows are 18 px, or as tall as wrapping makes them; `heightOf` answers for any row, measured or guessed.
 */
export const LINE_PX = 18;
/** Room kept below the last line, so that the pill never covers what is read (notes.md). */
export const TAIL_PX = 44;

export type HeightOf = (row: number) => number;

export interface View {
  /** Rows in all, unfinished ones included. */
  readonly rows: number;
  /** Height of what is visible, in pixels. */
  readonly height: number;
  readonly heightOf: HeightOf;
}

/** The highest `top`: the last row ends `TAIL_PX` above the lower edge, or the log begins at the upper one. */
export function lastTop(view: View, tail = TAIL_PX): number {
  let room = view.height - tail;
  for (let row = view.rows - 1; row >= 0; row--) {
    const height = view.heightOf(row);
    if (room < height) return row + (height - room) / height;
    room -= height;
  }
  return 0;
}

/** `top` after a scroll by pixels, bounded by both ends. */
export function scrolled(view: View, top: number, px: number): number {
  let row = Math.floor(top);
  // Pixels from the top edge of `row` to where we want to be.
  let rest = (top - row) * view.heightOf(row) + px;
  while (rest < 0 && row > 0) rest += view.heightOf(--row);
  while (row < view.rows - 1 && rest >= view.heightOf(row)) rest -= view.heightOf(row++);
  return clampTop(view, row + Math.max(0, rest) / view.heightOf(row));
}

export function clampTop(view: View, top: number): number {
  return Math.max(0, Math.min(top, lastTop(view)));
}

/** `top` that shows `row` a third down: what led to it is above, what followed below. */
export function topFor(view: View, row: number): number {
  return scrolled(view, row, -Math.max(0, view.height - TAIL_PX) / 3);
}

/** Rows that can be seen at least in part: from `first` to before `end`. */
export function visibleRows(view: View, top: number): { first: number; end: number } {
  const first = Math.min(Math.floor(top), Math.max(0, view.rows - 1));
  let below = view.height + (top - first) * view.heightOf(first);
  let end = first;
  while (below > 0 && end < view.rows) below -= view.heightOf(end++);
  return { first, end };
}

/** Whether the whole of `row` is in view, the room for the pill not counted. */
export function isInView(view: View, top: number, row: number): boolean {
  const { first, end } = visibleRows({ ...view, height: view.height - TAIL_PX }, top);
  return row >= Math.ceil(top) && row >= first && row < end - 1;
}
