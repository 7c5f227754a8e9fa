import { expect, test } from 'vitest';
import { formatDuration, formatMoment } from '../../electron/cli/format.ts';

test.each([
  [0, '0.0 s'],
  [-5, '0.0 s'],
  [340, '0.3 s'],
  [9_940, '9.9 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 m'],
  [108_000, '1 m 48 s'],
  [3_600_000, '1 h'],
  [7_500_000, '2 h 5 m'],
  [86_400_000 * 3 + 3_600_000 * 4, '3 d 4 h'],
])('%d ms are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('a moment of today is a time, another one has its date', () => {
  const now = new Date(2026, 10, 21, 21, 50, 3).getTime();
  expect(formatMoment(now, now)).toBe('21:50:03');
  expect(formatMoment(new Date(2026, 10, 20, 9, 5).getTime(), now)).toBe('2026-11-20 09:05');
  expect(formatMoment(new Date(2025, 10, 21, 9, 5).getTime(), now)).toBe('2025-11-21 09:05');
  expect(formatMoment(null, now)).toBe('-');
});
