import type { LogView } from '../../state/log.svelte.ts';
import { LINE_PX } from '../../state/log-window.ts';
import { pointAt } from './caret.ts';

/** A wheel's notch is 100 or 120 px in Chromium; a touch pad sends many small steps, which are smooth by themselves. */
const NOTCH_PX = 50;
/** Part of what is left that one frame moves: a notch has landed after about 120 ms. */
const EASE = 0.35;

/** Turns of the wheel: exact in sum, eased where a device knows only notches. For `{@attach}`. */
export const wheel =
  (log: LogView) =>
  (element: HTMLElement): (() => void) => {
    let left = 0;
    let frame = 0;
    const step = (): void => {
      const px = Math.abs(left) < 1 ? left : left * EASE;
      left -= px;
      log.scrollBy(px);
      frame = left === 0 ? 0 : requestAnimationFrame(step);
    };
    const onWheel = (event: WheelEvent): void => {
      // Sideways and zoom are the browser's.
      if (event.ctrlKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : event.deltaMode === 0 ? 1 : log.height;
      const px = event.deltaY * unit;
      const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
      if (Math.abs(px) < NOTCH_PX || isStill) return log.scrollBy(px);
      left = Math.sign(px) === Math.sign(left) ? left + px : px;
      if (frame === 0) frame = requestAnimationFrame(step);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => {
      element.removeEventListener('wheel', onWheel);
      cancelAnimationFrame(frame);
    };
  };

/** Marking with the pointer, beyond the edges too, where it scrolls the faster the farther it is. For `{@attach}`. */
export const marking =
  (log: LogView) =>
  (element: HTMLElement): (() => void) => {
    let at: { x: number; y: number } | null = null;
    let frame = 0;
    const extend = (): void => {
      const point = at === null ? undefined : pointAt(element, at.x, at.y);
      if (point !== undefined) log.marks.mark(point, true);
    };
    const beyond = (): void => {
      if (at === null) return;
      const { top, bottom } = element.getBoundingClientRect();
      const px = at.y < top ? at.y - top : at.y > bottom ? at.y - bottom : 0;
      if (px !== 0) {
        log.scrollBy(px / 4);
        extend();
      }
      frame = requestAnimationFrame(beyond);
    };
    const onDown = (event: PointerEvent): void => {
      if (event.button !== 0 || (event.target as Element).closest('button') !== null) return;
      const point = pointAt(element, event.clientX, event.clientY);
      if (point === undefined) return;
      element.focus({ preventScroll: true });
      if ((event.target as Element).closest('a') === null) element.setPointerCapture(event.pointerId);
      log.marks.mark(point, event.shiftKey);
      at = { x: event.clientX, y: event.clientY };
      frame = requestAnimationFrame(beyond);
    };
    const onMove = (event: PointerEvent): void => {
      if (at === null) return;
      at = { x: event.clientX, y: event.clientY };
      extend();
    };
    const onUp = (): void => {
      at = null;
      cancelAnimationFrame(frame);
    };
    // `detail` counts clicks: two mark the word, three the line.
    const onMouseDown = (event: MouseEvent): void => {
      if (event.button !== 0 || (event.target as Element).closest('button') !== null) return;
      event.preventDefault();
      const point = pointAt(element, event.clientX, event.clientY);
      if (point === undefined || event.detail < 2) return;
      onUp();
      if (event.detail === 2) return log.marks.markWord(point);
      log.marks.markLine(point);
    };
    const listeners = { pointerdown: onDown, pointermove: onMove, pointerup: onUp, pointercancel: onUp };
    for (const [name, listener] of Object.entries(listeners)) element.addEventListener(name, listener as EventListener);
    element.addEventListener('mousedown', onMouseDown);
    return () => {
      onUp();
      for (const [name, listener] of Object.entries(listeners))
        element.removeEventListener(name, listener as EventListener);
      element.removeEventListener('mousedown', onMouseDown);
    };
  };
