import { assert, double, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { followed, newBelow } from '../../renderer/state/log-follow.ts';
import {
  isInView,
  lastTop,
  LINE_PX,
  scrolled,
  TAIL_PX,
  topFor,
  visibleRows,
  type View,
} from '../../renderer/state/log-window.ts';

const even = (rows: number, height = 480): View => ({ rows, height, heightOf: () => LINE_PX });
/** Wrapped: every third line takes four rows of text. */
const uneven = (rows: number, height = 480): View => ({
  rows,
  height,
  heightOf: (row) => (row % 3 === 0 ? 72 : LINE_PX),
});

test('ten million lines: a turn of the wheel moves by exactly its pixels, anywhere in the log', () => {
  const view = even(10_000_000);
  expect(scrolled(view, 5_000_000, 9)).toBe(5_000_000.5);
  expect(scrolled(view, 5_000_000.5, 9)).toBe(5_000_001);
  expect(scrolled(view, 9_999_900, -LINE_PX * 3)).toBe(9_999_897);
});

test('the end leaves room for the pill below the last line', () => {
  const view = even(10_000_000);
  expect(lastTop(view)).toBeCloseTo(10_000_000 - (480 - TAIL_PX) / LINE_PX, 6);
  expect(scrolled(view, 9_999_990, 10_000)).toBeCloseTo(lastTop(view), 6);
});

test('a log shorter than the view stays at its beginning', () => {
  expect(lastTop(even(5))).toBe(0);
  expect(scrolled(even(5), 0, 300)).toBe(0);
  expect(lastTop(even(0))).toBe(0);
  expect(visibleRows(even(0), 0)).toEqual({ first: 0, end: 0 });
});

test('only rows that can be seen are made', () => {
  expect(visibleRows(even(10_000_000), 5_000_000)).toEqual({ first: 5_000_000, end: 5_000_027 });
  expect(visibleRows(even(10_000_000), 5_000_000.5).end).toBe(5_000_028);
});

test('scrolling there and back is where one was, whatever the heights of the rows', () => {
  assert(
    property(double({ min: 20, max: 900, noNaN: true }), integer({ min: -300, max: 300 }), (top, px) => {
      for (const view of [even(1_000), uneven(1_000)]) {
        const back = scrolled(view, scrolled(view, top, px), -px);
        expect(Math.abs(back - top)).toBeLessThan(1e-6);
      }
    }),
  );
});

test('a line that is gone to stands a third down, and is in view', () => {
  const view = uneven(1_000);
  const top = topFor(view, 500);
  expect(isInView(view, top, 500)).toBe(true);
  expect(isInView(view, top, 480)).toBe(false);
  expect(topFor(view, 0)).toBe(0);
});

test('following ends when the reader scrolls up, selects or searches, and what comes then is counted', () => {
  const on = { isOn: true, seen: 100 };
  for (const event of [
    { kind: 'scrolled', rows: 100, isUp: true, isAtEnd: false },
    { kind: 'selected', rows: 100 },
    { kind: 'searched', rows: 100 },
  ] as const) {
    const off = followed(on, event);
    expect(off.isOn).toBe(false);
    expect(newBelow(followed(off, { kind: 'grew', rows: 314 }), 314)).toBe(214);
  }
});

test('following begins again only at the very end or when asked', () => {
  const off = { isOn: false, seen: 100 };
  expect(followed(off, { kind: 'scrolled', rows: 300, isUp: false, isAtEnd: false }).isOn).toBe(false);
  expect(followed(off, { kind: 'scrolled', rows: 300, isUp: false, isAtEnd: true }).isOn).toBe(true);
  expect(followed(off, { kind: 'asked', rows: 300 })).toEqual({ isOn: true, seen: 300 });
  expect(newBelow({ isOn: true, seen: 1 }, 900)).toBe(0);
});
