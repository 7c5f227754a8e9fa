import { expect, test } from 'vitest';
import type { Occurrence } from '../../electron/api/api.ts';
import { findCollisions, slotsNeeded, spread, toLanes } from '../../renderer/state/timeline.ts';

const MINUTE = 60_000;
const at = (minute: number) => minute * MINUTE;
const due = (job: string, minute: number, lengthMinutes: number | null = 1): Occurrence => ({
  job,
  dueAt: at(minute),
  medianMs: lengthMinutes === null ? null : lengthMinutes * MINUTE,
});

test('three long runs that are due at once over two slots collide until the third can start', () => {
  const { collisions, late } = findCollisions([due('a', 0, 24), due('b', 0, 11), due('c', 0, 36)], 2);
  expect(collisions).toEqual([{ at: at(0), due: 3, clearAt: at(11) }]);
  expect([...late].map(({ job }) => job).sort()).toEqual(['a', 'b', 'c']);
});

test('a wait of less than five minutes is the queue at work, not a collision', () => {
  expect(findCollisions([due('a', 0, 4), due('b', 0, 4), due('c', 0, 4)], 2).collisions).toEqual([]);
});

test('one backlog is one collision, however much comes due before it is worked off', () => {
  const { collisions } = findCollisions([due('a', 0, 30), due('b', 0, 10), due('c', 10, 20), due('d', 90, 1)], 1);
  expect(collisions).toEqual([{ at: at(0), due: 2, clearAt: at(40) }]);
});

test('an occurrence of a job that still runs is skipped, so a slow frequent job is no endless backlog', () => {
  const every = Array.from({ length: 20 }, (_, i) => due('slow', i * 10, 15));
  expect(findCollisions(every, 1).collisions).toEqual([]);
});

test('a job every ten minutes is a band, one an hour ticks, one a day a bar; bands come first', () => {
  const occurrences = [
    due('daily', 30, 24),
    ...Array.from({ length: 12 }, (_, i) => due('often', i * 10)),
    ...Array.from({ length: 3 }, (_, i) => due('hourly', i * 60)),
  ];
  const lanes = toLanes(occurrences, [], new Set());
  expect(lanes.map(({ job, kind }) => `${job} ${kind}`)).toEqual(['often band', 'hourly ticks', 'daily bars']);
});

test('slots are counted at their peak, a run that ends as another begins needs one', () => {
  const needed = slotsNeeded(
    [due('a', 0, 30), due('b', 30, 30), due('c', 40, 5), due('d', 44, null)],
    0,
    30 * MINUTE,
    3,
  );
  expect(needed).toEqual([1, 3, 1]);
  expect(slotsNeeded([due('a', 0, 30), due('b', 30, 30)], 0, 30 * MINUTE, 2)).toEqual([1, 1]);
});

const band = (job: string, from: number, to: number, count: number, lengthMinutes: number) => ({
  job,
  firstAt: at(from),
  lastAt: at(to),
  count,
  medianMs: lengthMinutes * MINUTE,
});

test('a band is a lane with all its stretches, its interval that of the time in which it is due', () => {
  const bands = [band('often', 0, 420, 421, 1), band('often', 1_440, 1_860, 421, 1)];
  const [lane] = toLanes([due('often', 0), due('often', 1)], bands, new Set());
  expect(lane).toMatchObject({ kind: 'band', everyMs: MINUTE, count: 842 });
  expect(lane!.stretches).toEqual([
    { fromAt: at(0), toAt: at(420) },
    { fromAt: at(1_440), toAt: at(1_860) },
  ]);
});

test('bands take part in collisions to their end, and many occurrences are laid out as few with the same load', () => {
  const twoDays = 2 * 1_440;
  const all = [...spread([band('a', 0, twoDays, twoDays + 1, 0.9), band('b', 0, twoDays, twoDays + 1, 0.9)])];
  const nightly = [due('c', 2_000, 20), due('d', 2_000, 20)];
  const { collisions } = findCollisions(
    [...all, ...nightly].sort((x, y) => x.dueAt - y.dueAt),
    2,
  );
  expect(collisions.map((one) => Math.round(one.at / MINUTE))).toEqual([2_001]);
  const seconds = spread([band('s', 0, twoDays, twoDays * 60 + 1, 0.5 / 60)]);
  expect(seconds.length).toBeLessThanOrEqual(12_000);
  const load = seconds.reduce((sum, one) => sum + one.medianMs!, 0);
  expect(load / at(twoDays)).toBeCloseTo(0.5, 2);
});
