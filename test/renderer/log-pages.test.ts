import { expect, test } from 'vitest';
import type { LogLineView } from '../../electron/api/api.ts';
import { LogPages } from '../../renderer/state/log-pages.ts';

const line = (number: number): LogLineView => ({
  number,
  at: number,
  taskRunId: 1,
  stream: 'stdout',
  text: `line ${number}`,
  isContinued: false,
});

/** A log computed by line number. `most` is how many lines the host gives at once. */
function log(total: number, most = Infinity) {
  const asked: [number, number][] = [];
  let changes = 0;
  const viewer = { changed: (): void => {} };
  const errors: unknown[] = [];
  const source = { total, isDown: false };
  const pages = new LogPages(
    async (from, count) => {
      asked.push([from, count]);
      await Promise.resolve();
      if (source.isDown) throw new Error('closed');
      const first = from < 0 ? Math.max(0, source.total + from) : from;
      const length = Math.max(0, Math.min(count, most, source.total - first));
      return {
        lines: Array.from({ length }, (_, i) => line(first + i)),
        from: first,
        total: source.total,
        unfinished: [],
      };
    },
    () => {
      changes++;
      viewer.changed();
    },
    (thrown) => errors.push(thrown),
  );
  return { pages, asked, errors, source, viewer, changes: () => changes };
}

test('a log opens at its end with one call, and what is in view is read before its neighbours', async () => {
  const { pages, asked } = log(10_000_000);
  pages.wantEnd(60);
  await pages.settled();
  expect(asked).toEqual([[-60, 60]]);
  expect(pages.total).toBe(10_000_000);
  expect(pages.line(9_999_999)?.text).toBe('line 9999999');
  pages.want(5_000_100, 5_000_130);
  await pages.settled();
  expect(asked.slice(1)).toEqual([
    [5_000_000, 200],
    [5_000_200, 200],
    [4_999_800, 200],
  ]);
  expect(pages.line(5_000_117)?.number).toBe(5_000_117);
});

test('of a log that races away, what is beside its end is not read until somebody looks there', async () => {
  const { pages, asked, source, viewer } = log(10_000);
  viewer.changed = () => pages.want(pages.total - 40, pages.total);
  const follow = async (): Promise<void> => {
    pages.wantEnd(60);
    await pages.settled();
  };
  await follow();
  asked.length = 0;
  source.total += 201;
  await follow();
  expect(asked).toEqual([[-60, 60]]);

  viewer.changed = () => {};
  pages.want(10_000, 10_040);
  await pages.settled();
  expect(pages.line(9_999)?.number).toBe(9_999);
  expect(pages.line(10_100)?.number).toBe(10_100);
  viewer.changed = () => pages.want(pages.total - 40, pages.total);
  asked.length = 0;
  source.total += 200;
  await follow();
  expect(asked[0]).toEqual([-60, 60]);
  expect(pages.line(source.total - 100)?.number).toBe(source.total - 100);
});

test('a drag over the whole log reads where it stops, not what it passed', async () => {
  const { pages, asked } = log(10_000_000);
  pages.wantEnd(60);
  await pages.settled();
  for (let place = 0; place <= 9_000_000; place += 100_000) pages.want(place, place + 40);
  await pages.settled();
  expect(pages.line(9_000_020)?.number).toBe(9_000_020);
  expect(asked.length).toBeLessThan(7);
});

test('what is here is not asked for again', async () => {
  const { pages, asked } = log(1_000);
  pages.wantEnd(10);
  pages.want(300, 340);
  await pages.settled();
  const calls = asked.length;
  pages.want(310, 350);
  await pages.settled();
  expect(asked).toHaveLength(calls);
});

test('a host that gives less than was asked, because lines are long, is asked for the rest', async () => {
  const { pages, asked } = log(1_000, 7);
  pages.wantEnd(5);
  await pages.settled();
  pages.want(0, 20);
  await pages.settled();
  expect(pages.line(19)?.number).toBe(19);
  expect(asked.every(([, count]) => count <= 200)).toBe(true);
});

test('a host that gives nothing is not asked for ever', async () => {
  const { pages, asked } = log(1_000, 0);
  pages.wantEnd(5);
  pages.want(0, 20);
  await pages.settled();
  expect(asked.length).toBeLessThan(4);
});

test('a failed read is told, and the next wish tries again', async () => {
  const { pages, errors, source } = log(1_000);
  source.isDown = true;
  pages.wantEnd(10);
  await pages.settled();
  expect(errors).toHaveLength(1);
  source.isDown = false;
  pages.wantEnd(10);
  await pages.settled();
  expect(pages.line(999)).toBeDefined();
});

test('memory stays bounded however far one reads', async () => {
  const { pages } = log(10_000_000);
  pages.wantEnd(10);
  await pages.settled();
  for (let place = 0; place < 200_000; place += 400) {
    pages.want(place, place + 30);
    await pages.settled();
  }
  let kept = 0;
  for (let place = 0; place < 200_000; place++) if (pages.line(place) !== undefined) kept++;
  expect(kept).toBeLessThanOrEqual(81_000);
  expect(pages.line(199_620)).toBeDefined();
});
