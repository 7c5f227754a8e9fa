import { expect, test } from 'vitest';
import { decideOverlap } from '../../../electron/scheduler/queue/overlap.ts';

const idle = { queued: 0, running: 0 };
const waits = { queued: 1, running: 0 };
const runs = { queued: 0, running: 1 };
const both = { queued: 1, running: 1 };

test.each([
  ['skip', idle, 'enqueue'],
  ['skip', waits, 'skip'],
  ['skip', runs, 'skip'],
  ['queue-one', idle, 'enqueue'],
  ['queue-one', runs, 'enqueue'],
  ['queue-one', waits, 'skip'],
  ['queue-one', both, 'skip'],
  ['queue-all', { queued: 50, running: 1 }, 'enqueue'],
  ['allow', both, 'enqueue'],
  ['cancel-running', idle, 'enqueue'],
  ['cancel-running', runs, 'cancel-running-and-enqueue'],
  ['cancel-running', both, 'skip'],
  ['cancel-running', waits, 'skip'],
] as const)('overlap %s with %o active: %s', (overlap, active, decision) => {
  expect(decideOverlap(overlap, 'scheduled', active)).toBe(decision);
});

test('a manual run, an upstream’s end and what is caught up are never skipped', () => {
  expect(decideOverlap('skip', 'manual', both)).toBe('enqueue');
  expect(decideOverlap('cancel-running', 'after', both)).toBe('enqueue');
  expect(decideOverlap('cancel-running', 'missed', runs)).toBe('enqueue');
});
