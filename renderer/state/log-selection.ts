/**
 * What a reader has marked in a log, in rows and columns of the plain text. Ours instead of the browser's, because rows that
 * leave the view leave the document, and the browser's selection would go with them.
 */
export interface Point {
  readonly row: number;
  readonly column: number;
}

export interface LogSelection {
  readonly anchor: Point;
  readonly focus: Point;
}

export function isEmpty(selection: LogSelection): boolean {
  return selection.anchor.row === selection.focus.row && selection.anchor.column === selection.focus.column;
}

export function ordered({ anchor, focus }: LogSelection): readonly [start: Point, end: Point] {
  const isForward = anchor.row < focus.row || (anchor.row === focus.row && anchor.column <= focus.column);
  return isForward ? [anchor, focus] : [focus, anchor];
}

/** The marked columns of one row; `to` is infinite where the mark goes on in the next row. */
export function columnsOf(selection: LogSelection | null, row: number): { from: number; to: number } | null {
  if (selection === null || isEmpty(selection)) return null;
  const [start, end] = ordered(selection);
  if (row < start.row || row > end.row) return null;
  return { from: row === start.row ? start.column : 0, to: row === end.row ? end.column : Infinity };
}

/** The word (letters, digits, and what paths and names are made of) around a column, else the one character there. */
export function wordAt(text: string, column: number): { from: number; to: number } {
  for (const match of text.matchAll(/[\p{L}\p{N}_./:@%+-]+|./gu)) {
    const to = match.index + match[0].length;
    if (column < to || to === text.length) return { from: match.index, to };
  }
  return { from: 0, to: 0 };
}

/** The marked text: `texts` are the plain texts of the rows from the selection's first to its last. */
export function selectedText(selection: LogSelection, texts: readonly string[]): string {
  const [start] = ordered(selection);
  return texts
    .map((text, index) => {
      const columns = columnsOf(selection, start.row + index);
      return columns === null ? '' : text.slice(columns.from, columns.to);
    })
    .join('\n');
}
