import type { Style } from './format.ts';
import { terminalText } from './terminal-text.ts';

export interface Column {
  readonly title: string;
  readonly isRight?: boolean;
  /** May be cut in its middle where the terminal is too narrow; the columns that may not are short by nature. */
  readonly isCut?: boolean;
}

export type Cell = string | { readonly text: string; readonly style: Style };

const GAP = '  ';
// Fewer characters of a name tell nobody anything; a line that is too long then wraps.
const SHORTEST = 8;

/**
 * Lines of a table, titles first, aligned by what a terminal shows. `columns` is its width; null (a file, a pipe) cuts nothing.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number | null,
  paint: (text: string, style: Style) => string,
): string[] {
  const texts = rows.map((row) => columns.map((_, index) => terminalText(textOf(row[index] ?? ''), false)));
  const widths = columns.map(({ title }, index) =>
    texts.reduce((widest, row) => Math.max(widest, widthOf(row[index] ?? '')), widthOf(title)),
  );
  if (width !== null) narrow(columns, widths, width);
  const line = (cells: readonly string[], styleAt: (index: number) => Style | null) => {
    const padded = columns.map(({ isRight }, index) => {
      const text = cutMiddle(cells[index] ?? '', widths[index] ?? 0);
      const space = ' '.repeat((widths[index] ?? 0) - widthOf(text));
      const style = styleAt(index);
      const painted = style === null ? text : paint(text, style);
      return isRight ? space + painted : painted + (index === columns.length - 1 ? '' : space);
    });
    return padded.join(GAP).trimEnd();
  };
  const titles = line(
    columns.map(({ title }) => title),
    () => 'dim',
  );
  return [titles, ...texts.map((cells, row) => line(cells, (index) => styleIn(rows[row]?.[index])))];
}

/** Takes from the widest column that may be cut until the line fits. */
function narrow(columns: readonly Column[], widths: number[], width: number): void {
  let surplus = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (columns.length - 1) - width;
  for (; surplus > 0; surplus--) {
    let widest = -1;
    columns.forEach(({ isCut }, index) => {
      if (isCut && (widths[index] ?? 0) > Math.max(SHORTEST, widths[widest] ?? 0)) widest = index;
    });
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

/** The end of a name tells as much as its beginning: `reports/…/disk-space`. */
export function cutMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const characters = charactersOf(text);
  const end: string[] = [];
  const begin: string[] = [];
  for (let left = width - 1; left > 0;) {
    const isEnd = end.length < begin.length;
    const next = isEnd ? characters.pop() : characters.shift();
    if (next === undefined || widthOf(next) > left) break;
    if (isEnd) end.unshift(next);
    else begin.push(next);
    left -= widthOf(next);
  }
  return `${begin.join('')}…${end.join('')}`;
}

let segmenter: Intl.Segmenter | undefined;
function charactersOf(text: string): string[] {
  // Takes 20 ms to make, and most tables need none.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Cells of a terminal: most East Asian characters and emoji take two. */
export function widthOf(text: string): number {
  // eslint-disable-next-line no-control-regex
  if (/^[\u0000-\u02ff…]*$/.test(text)) return text.length;
  return charactersOf(text).reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
}

const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

const textOf = (cell: Cell) => (typeof cell === 'string' ? cell : cell.text);
const styleIn = (cell: Cell | undefined) => (cell === undefined || typeof cell === 'string' ? null : cell.style);
