import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { latestByKey } from '../../electron/api/latest-by-key.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the first of a key goes at once, the latest of the rest when the interval ends, and keys do not hide each other', () => {
  const out: string[] = [];
  const latest = latestByKey<string, string>(50, (value) => out.push(value));
  for (const value of ['a1', 'a2', 'a3', 'b1']) latest.push(value[0]!, value);
  expect(out).toEqual(['a1', 'b1']);
  vi.advanceTimersByTime(50);
  expect(out).toEqual(['a1', 'b1', 'a3']);
  latest.push('a', 'a4');
  expect(out).toHaveLength(3);
  vi.advanceTimersByTime(50);
  expect(out.at(-1)).toBe('a4');
});

test('a key that rests costs no timer, and stopping leaves none', () => {
  const latest = latestByKey<number, number>(50, () => {});
  for (let key = 0; key < 100; key++) latest.push(key, key);
  vi.advanceTimersByTime(50);
  expect(vi.getTimerCount()).toBe(0);
  latest.push(1, 1);
  latest.stop();
  expect(vi.getTimerCount()).toBe(0);
});
