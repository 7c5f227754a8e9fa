import { Cron } from 'croner';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countWall, lastWall, nextWall, parsePattern } from '../../../electron/scheduler/trigger/pattern.ts';

const number = (low: number, high: number) => fc.integer({ min: low, max: high }).map(String);
const field = (low: number, high: number) =>
  fc.oneof(
    fc.constant('*'),
    number(low, high),
    fc
      .uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 3 })
      .map((values) => values.join(',')),
    fc
      .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }))
      .map((pair) => pair.sort((a, b) => a - b).join('-')),
    number(1, high).map((step) => `*/${step}`),
  );
const dayField = fc.oneof(field(1, 31), fc.constantFrom('L', 'LW', '1W', '15W', '31W', '15,L', '1W,20', '?'));
const weekday = fc.constantFrom('SUN', 'MON', 'FRI', '0', '3', '7');
const weekdayField = fc.oneof(
  field(0, 6),
  fc.tuple(weekday, fc.constantFrom('#1', '#2', '#5', 'L', '')).map((parts) => parts.join('')),
  fc.constantFrom('MON-FRI', 'SAT,SUN', '+MON', '+FRI#1', '5L,1#2', '?'),
);
const expression = fc
  .tuple(field(0, 59), field(0, 59), field(0, 23), dayField, field(1, 12), weekdayField)
  .map((fields) => fields.join(' '));

test('in a zone whose clocks never change we walk exactly as croner does', () => {
  fc.assert(
    fc.property(expression, fc.integer({ min: 0, max: 4_000_000_000 }), (text, seconds) => {
      const croner = new Cron(text, { utcOffset: 0, mode: '5-or-6-parts', paused: true });
      const pattern = parsePattern(text);
      const at = new Date(seconds * 1000);
      const next = croner.nextRun(at)?.getTime() ?? null;
      expect(nextWall(pattern, at.getTime())).toBe(next);
      // Croner looks strictly before its reference.
      const last = croner.previousRuns(1, new Date(at.getTime() + 1000))[0]?.getTime() ?? null;
      expect(last === null ? null : lastWall(pattern, at.getTime())).toBe(last);
    }),
    { numRuns: 100 },
  );
});

test('counting agrees with walking', () => {
  const from = Date.UTC(2028, 1, 27);
  fc.assert(
    fc.property(expression, fc.nat(200_000), fc.nat(400_000), (text, start, length) => {
      const pattern = parsePattern(text);
      const [low, high] = [from + start * 1000, from + (start + length) * 1000];
      let walked = 0;
      for (let at = nextWall(pattern, low - 1); at !== null && at <= high; at = nextWall(pattern, at)) {
        walked++;
        if (walked < 3_000) continue;
        expect(countWall(pattern, low, at)).toBe(3_000);
        return;
      }
      expect(countWall(pattern, low, high)).toBe(walked);
    }),
    { numRuns: 100 },
  );
});
