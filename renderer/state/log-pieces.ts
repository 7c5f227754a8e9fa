import type { Segment, Style } from './log-ansi.ts';

export type Mark = 'find' | 'now' | null;

/** A stretch of a line that looks the same all along: what becomes one element. */
export interface Piece {
  readonly text: string;
  readonly style: Style;
  readonly mark: Mark;
  readonly isSelected: boolean;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Lays matches and the selection over styled text and cuts at each edge, and at `limit` characters. */
export function pieces(
  segments: readonly Segment[],
  matches: readonly Range[],
  mark: Mark,
  selected: Range | null,
  limit: number,
): Piece[] {
  const edges = [...matches, ...(selected === null ? [] : [selected])].flatMap(({ from, to }) => [from, to]);
  const cuts = [...new Set(edges)].sort((one, other) => one - other);
  const made: Piece[] = [];
  let at = 0;
  for (const { text, style } of segments) {
    const end = Math.min(at + text.length, limit);
    for (let from = at; from < end;) {
      const to = Math.min(end, cuts.find((cut) => cut > from) ?? end);
      const isIn = (range: Range): boolean => range.from <= from && to <= range.to;
      made.push({
        text: text.slice(from - at, to - at),
        style,
        mark: matches.some(isIn) ? mark : null,
        isSelected: selected !== null && isIn(selected),
      });
      from = to;
    }
    at += text.length;
  }
  return made;
}
