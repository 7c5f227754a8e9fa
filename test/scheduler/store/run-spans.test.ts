import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunSpans } from '../../../electron/scheduler/store/run-spans.ts';
import { temporaryState } from './temporary-state.ts';

const SPAN = 1_024;

/** A real database, and what makes these its spans, by their numbers; some numbers are missing, as after retention. */
async function rangesWith() {
  const { db } = await temporaryState();
  const insert = db.prepare('INSERT INTO run_spans VALUES (?, ?, ?)');
  const set = db.transaction((spans: ReadonlyMap<number, { firstAt: number; lastAt: number }>) => {
    db.exec('DELETE FROM run_spans');
    for (const [span, { firstAt, lastAt }] of spans) insert.run(span, firstAt, lastAt);
  });
  return { set, ranges: new RunSpans(db) };
}

const spans = fc
  .array(fc.record({ firstAt: fc.nat(100), length: fc.nat(20), isThere: fc.integer({ min: 0, max: 9 }) }), {
    maxLength: 120,
  })
  .map(
    (all) =>
      new Map(
        all.flatMap(({ firstAt, length, isThere }, span) =>
          isThere === 0 ? [] : [[span, { firstAt, lastAt: firstAt + length }] as const],
        ),
      ),
  );

test('ranges have every span that time touches, are whole only where all of it is inside, and go down', async () => {
  const { set, ranges } = await rangesWith();
  fc.assert(
    fc.property(spans, fc.nat(120), fc.nat(60), (all, fromAt, length) => {
      const toAt = fromAt + length;
      set(all);
      const found = ranges.rangesOf({ fromAt, toAt });
      const rangeOf = (span: number) =>
        found.find(({ lowId, highId }) => lowId <= span * SPAN && span * SPAN + SPAN - 1 <= highId);
      const touched = [...all].filter(([, { firstAt, lastAt }]) => lastAt >= fromAt && firstAt < toAt);
      expect(touched.filter(([span]) => rangeOf(span) === undefined)).toEqual([]);
      const inWhole = [...all].filter(([span]) => rangeOf(span)?.isWhole);
      expect(inWhole.filter(([, { firstAt, lastAt }]) => firstAt < fromAt || lastAt >= toAt)).toEqual([]);
      const ids = found.flatMap(({ lowId, highId }) => [highId, lowId]);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
      expect(found.length).toBeLessThanOrEqual(50);
    }),
    { numRuns: 300 },
  );
});

test('spans in a row are one range, also where some have no runs any more', async () => {
  const whole = { firstAt: 10, lastAt: 20 };
  const { set, ranges } = await rangesWith();
  set(new Map([3, 4, 7].map((span) => [span, whole])));
  expect(ranges.rangesOf({ fromAt: 5, toAt: 30 })).toEqual([{ lowId: 3 * SPAN, highId: 8 * SPAN - 1, isWhole: true }]);
  expect(ranges.rangesOf({ fromAt: 25 })).toEqual([]);
});
