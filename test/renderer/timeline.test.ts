import { expect, test } from 'vitest';
import type { Occurrence } from '../../electron/api/api.ts';
import { findCollisions, slotsNeeded, toLanes } from '../../renderer/state/timeline.ts';

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
  const lanes = toLanes(occurrences, new Set());
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
