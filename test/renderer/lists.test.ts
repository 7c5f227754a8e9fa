import { expect, test } from 'vitest';
import { holdOrder } from '../../renderer/state/hold-order.ts';
import { headOf } from '../../renderer/state/history-heads.ts';
import { startOfDay, toRunFilter } from '../../renderer/state/history-filter.ts';
import { matchText } from '../../renderer/state/palette-match.ts';
import { NO_FILTERS } from '../../renderer/state/address.ts';
import { VirtualRows } from '../../renderer/state/virtual-rows.ts';
import { stripPaths, stripWords } from '../../renderer/components/strip-paths.ts';

const ZONE = 'Europe/Berlin';
const NOW = Date.parse('2026-11-19T20:41:50Z');

test('a list that is held keeps its order with new values; what is gone stays and what is new waits', () => {
  const row = (id: number, text: string) => ({ id, text });
  const shown = [row(1, 'a'), row(2, 'b'), row(3, 'c')].map((item) => ({ item, isGone: false }));
  const held = holdOrder(shown, [row(4, 'new'), row(3, 'c!'), row(1, 'a!')], ({ id }) => id);
  expect(held.map(({ item, isGone }) => `${item.text}${isGone ? ' gone' : ''}`)).toEqual(['a!', 'b gone', 'c!']);
});

test('the night belongs together: 22:00 to 06:00 is last night, whatever day it began', () => {
  const titles = [
    '2026-11-19T08:00Z',
    '2026-11-19T04:59Z',
    '2026-11-18T21:30Z',
    '2026-11-18T20:00Z',
    '2025-11-18T20:00Z',
  ];
  expect(titles.map((text) => headOf(Date.parse(text), NOW, ZONE)).map(({ title, sub }) => `${title}, ${sub}`)).toEqual(
    [
      'Today, Thu 19 Nov',
      'Last night, Wed 18 Nov 22:00 to Thu 19 Nov 06:00',
      'Last night, Wed 18 Nov 22:00 to Thu 19 Nov 06:00',
      'Wednesday, 18 Nov',
      'Tuesday, 18 Nov 2025',
    ],
  );
});

test('a calendar day begins at its own midnight, also where the clocks change that day and far from Greenwich', () => {
  const begins = (day: string, zone: string) => new Date(startOfDay(day, zone)).toISOString();
  expect(begins('2026-11-17', ZONE)).toBe('2026-11-16T23:00:00.000Z');
  expect(begins('2026-03-29', ZONE)).toBe('2026-03-28T23:00:00.000Z');
  expect(begins('2026-11-17', 'Pacific/Kiritimati')).toBe('2026-11-16T10:00:00.000Z');
  expect(begins('2026-11-17', 'Pacific/Honolulu')).toBe('2026-11-17T10:00:00.000Z');
});

test('the last day of a filter is included, and an empty filter asks for everything', () => {
  expect(toRunFilter(NO_FILTERS, ZONE)).toEqual({});
  expect(toRunFilter({ ...NO_FILTERS, until: '2026-11-17' }, ZONE)).toEqual({ toAt: Date.parse('2026-11-17T23:00Z') });
});

test('the begin of a word is a better match than its middle, and letters far apart are none', () => {
  const score = (text: string, typed: string) => matchText(text, typed)?.score ?? 0;
  expect(score('Run next: dbt-nightly', 'run db')).toBeGreaterThan(score('Run next: feedback', 'run db'));
  expect(matchText('Run next: dbt-nightly', 'dbtn')?.marks).toEqual([
    [10, 13],
    [14, 15],
  ]);
  expect(matchText('Pause everything until tomorrow', 'pw')).toBeNull();
  expect(matchText('Queue', 'history')).toBeNull();
});

test('of a hundred thousand rows only those in sight and a few around are drawn', () => {
  const rows = new VirtualRows();
  rows.setHeights(Array.from({ length: 100_000 }, (_, i) => (i % 10 === 0 ? 26 : 28)));
  const { first, end } = rows.window(rows.top(50_000), 560);
  expect(first).toBe(49_988);
  expect(end - first).toBeLessThan(50);
  expect(rows.at(rows.top(777))).toBe(777);
  expect(rows.at(rows.height + 1_000)).toBe(99_999);
  expect(new VirtualRows().window(0, 500)).toEqual({ first: 0, end: 0 });
});

test('the strip has its newest run at the right end, and says the same in words', () => {
  const [none, ok] = [stripPaths([]), stripPaths(['succeeded'])];
  expect(none.map(({ tone }) => tone)).toEqual(['none']);
  expect(ok.find(({ tone }) => tone === 'ok')?.d).toBe('M95 7h3v5h-3z');
  expect(stripWords(['succeeded', 'timed-out', 'succeeded'])).toBe('last 3 runs: 2 succeeded, 1 timed out');
});
