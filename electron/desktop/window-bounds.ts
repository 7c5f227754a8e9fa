import { z } from 'zod';

/** As it is kept in the settings. */
export const windowBoundsSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  isMaximized: z.boolean(),
});
export type WindowBounds = z.output<typeof windowBoundsSchema>;

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Points. Below it the queue's columns do not fit (tokens.md, narrow). */
export const MIN_SIZE = { width: 720, height: 480 };
const DEFAULT_SIZE = { width: 1280, height: 800 };
/** Of the title bar this much must be on a screen, or nobody could move the window back. */
const GRIP = 80;

/**
 * Where to open: where it was, while that is on a screen; else in the middle of the first, which is left to Electron. `saved` is
 * whatever the settings hold; `screens` are the work areas of those that are connected.
 */
export function fitBounds(
  saved: unknown,
  screens: readonly Area[],
): { width: number; height: number; x?: number; y?: number; isMaximized: boolean } {
  const parsed = windowBoundsSchema.safeParse(saved);
  const largest = {
    width: Math.max(...screens.map(({ width }) => width), MIN_SIZE.width),
    height: Math.max(...screens.map(({ height }) => height), MIN_SIZE.height),
  };
  const wanted = parsed.success ? parsed.data : { ...DEFAULT_SIZE, isMaximized: false };
  const size = {
    width: Math.min(Math.max(wanted.width, MIN_SIZE.width), largest.width),
    height: Math.min(Math.max(wanted.height, MIN_SIZE.height), largest.height),
    isMaximized: wanted.isMaximized,
  };
  if (!parsed.success) return size;
  const { x, y } = parsed.data;
  const isReachable = screens.some(
    (screen) =>
      x + size.width >= screen.x + GRIP &&
      x <= screen.x + screen.width - GRIP &&
      y >= screen.y &&
      y <= screen.y + screen.height - GRIP,
  );
  return isReachable ? { ...size, x, y } : size;
}
