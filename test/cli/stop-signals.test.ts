import { afterEach, expect, test, vi } from 'vitest';
import { onStop } from '../../electron/cli/stop-signals.ts';

let forget = () => {};
afterEach(() => {
  forget();
  vi.restoreAllMocks();
});

test('a signal that arrives twice at once is one wish, and a later one is the second', () => {
  let now = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const heard: number[] = [];
  forget = onStop((time) => heard.push(time));
  process.emit('SIGINT', 'SIGINT');
  now += 50;
  process.emit('SIGINT', 'SIGINT');
  process.emit('SIGTERM', 'SIGTERM');
  expect(heard).toEqual([1]);
  now += 1_000;
  process.emit('SIGTERM', 'SIGTERM');
  expect(heard).toEqual([1, 2]);
});

test('what is forgotten hears nothing and leaves no listener', () => {
  const before = process.listenerCount('SIGINT');
  const heard: number[] = [];
  onStop((time) => heard.push(time))();
  expect([process.listenerCount('SIGINT'), heard]).toEqual([before, []]);
});
