/** The right edge of the log: a bar of the whole, with the view as a box and a mark where something was found. */

/** Smallest box that a hand still catches, in pixels. */
const BOX_PX = 24;

/** Where the box stands: `part` is how much of the log is in view, `place` where the view is between beginning and end, 0 to 1. */
export function box(height: number, part: number, place: number): { top: number; height: number } {
  const tall = Math.min(height, Math.max(BOX_PX, height * part));
  return { top: (height - tall) * place, height: tall };
}

/** The place that a box has been dragged to. */
export function placeOf(height: number, boxHeight: number, top: number): number {
  return height <= boxHeight ? 0 : Math.max(0, Math.min(1, top / (height - boxHeight)));
}

/** An SVG path with one stroke per pixel that has a mark, however many lines fall on it. */
export function marksPath(height: number, numbers: readonly number[], total: number): string {
  const pixels = new Set(numbers.map((number) => Math.round(((number + 0.5) / Math.max(1, total)) * (height - 2)) + 1));
  return [...pixels].map((y) => `M3 ${y}h8`).join('');
}
