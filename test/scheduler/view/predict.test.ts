import { expect, test } from 'vitest';
import { predictStarts, type PredictedWait } from '../../../electron/scheduler/view/predict.ts';
import { processorTime } from '../../support/processor-time.ts';

const NOW = 1_000_000;
const running = (id: number, medianMs: number | null, startedAgo = 0, holds = [`job ${id}`]) => ({
  id,
  medianMs,
  startedAt: NOW - startedAgo,
  holds,
});
const wait = (id: number, medianMs: number | null, over: Partial<PredictedWait> = {}): PredictedWait => ({
  id,
  medianMs,
  waitsFor: 'room',
  holds: [`job ${id}`],
  ...over,
});
/** From now, by run. */
const starts = (slots: number, runs: Parameters<typeof predictStarts>[2], waiting: readonly PredictedWait[]) =>
  Object.fromEntries([...predictStarts(NOW, slots, runs, waiting)].map(([id, at]) => [id, at - NOW]));

test('runs start in order as slots become free', () => {
  expect(starts(2, [running(1, 100, 40), running(2, 100)], [wait(3, 10), wait(4, 10), wait(5, 10)])).toEqual({
    3: 60,
    4: 70,
    5: 80,
  });
});

test('a run past its median is taken to end now', () => {
  expect(starts(1, [running(1, 100, 500)], [wait(2, 10)])).toEqual({ 2: 0 });
});

test('what depends on a run that never ran before is not predicted; what does not is', () => {
  expect(starts(1, [running(1, null)], [wait(2, 10)])).toEqual({});
  expect(starts(1, [running(1, 50)], [wait(2, null), wait(3, 10)])).toEqual({ 2: 50 });
  expect(starts(2, [running(1, 50), running(2, null)], [wait(3, 10), wait(4, 10)])).toEqual({ 3: 50, 4: 60 });
});

test('a run that waits for a retry keeps no slot free until then', () => {
  const retry = wait(2, 10, { waitsFor: { moment: NOW + 600 } });
  expect(starts(1, [running(1, 50)], [retry, wait(3, 10)])).toEqual({ 2: 600, 3: 50 });
});

test('of one job, or one group, one runs after another', () => {
  const twice = [wait(2, 10, { holds: ['job a'] }), wait(3, 10, { holds: ['job a'] })];
  expect(starts(4, [], twice)).toEqual({ 2: 0, 3: 10 });
  expect(
    starts(4, [running(1, 50, 0, ['group g'])], [wait(2, 5, { holds: ['job a', 'group g'] }), wait(3, 5)]),
  ).toEqual({
    2: 50,
    3: 0,
  });
});

test('what nobody can foresee holds up nothing', () => {
  expect(starts(1, [], [wait(1, null, { waitsFor: 'unforeseeable' }), wait(2, 10)])).toEqual({ 2: 0 });
});

test('more runs than slots make room only when enough of them have ended', () => {
  expect(starts(1, [running(1, 50), running(2, 100)], [wait(3, 10)])).toEqual({ 3: 100 });
});

test('of ten thousand runs of one job the first hundred are predicted, without being felt', () => {
  const many = Array.from({ length: 10_000 }, (_, id) => wait(id, 10, { holds: ['job a'] }));
  const took = processorTime();
  expect(predictStarts(NOW, 8, [running(10_001, 10)], many).size).toBe(100);
  expect(took()).toBeLessThan(200);
});
