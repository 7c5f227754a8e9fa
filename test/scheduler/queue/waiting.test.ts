import { expect, test } from 'vitest';
import { retryReason, whyWaits } from '../../../electron/scheduler/queue/waiting.ts';
import type { Candidate, DispatchState } from '../../../electron/scheduler/queue/waiting.ts';

const NOW = Date.parse('2026-03-01T20:00:00Z');
const LATER = Date.parse('2026-03-01T21:41:00Z');

const run = (over: Partial<Candidate> = {}): Candidate => ({
  job: 'backup',
  trigger: 'scheduled',
  attempt: 1,
  attempts: 3,
  notBeforeAt: null,
  concurrencyGroup: null,
  allowsOverlap: false,
  missingEnvironment: [],
  secretsProblem: null,
  unmet: null,
  unavailable: null,
  ...over,
});

const state = (over: Partial<DispatchState> = {}): DispatchState => ({
  now: NOW,
  timezone: 'Europe/Berlin',
  slots: 4,
  running: 0,
  runningByJob: new Map(),
  runningByGroup: new Map(),
  pauseOfAll: null,
  pauseByJob: new Map(),
  isDraining: false,
  olderRuns: 0,
  isDiskFull: false,
  ...over,
});

const busy = { runningByJob: new Map([['backup', { id: 7, job: 'backup', number: 3 }]]) };
const groupBusy = { runningByGroup: new Map([['warehouse', { id: 8, job: 'load-orders', number: 4 }]]) };

test('a run that nothing holds back does not wait', () => {
  expect(whyWaits(run(), state({ running: 3 }))).toBeNull();
});

test.each([
  ['capacity', 'Both slots are in use.', run(), state({ slots: 2, running: 2 })],
  ['capacity', 'All 4 slots are in use.', run(), state({ running: 4 })],
  ['capacity', 'The only slot is in use.', run(), state({ slots: 1, running: 2 })],
  ['group-busy', 'Group warehouse is busy: load-orders.', run({ concurrencyGroup: 'warehouse' }), state(groupBusy)],
  ['already-running', 'Already running.', run(), state(busy)],
  ['engine-unavailable', 'Docker does not answer.', run({ unavailable: 'Docker does not answer.' }), state()],
  ['missing-environment', 'Not set: PGHOST, TOKEN.', run({ missingEnvironment: ['PGHOST', 'TOKEN'] }), state()],
  ['paused', 'Paused until 22:41.', run(), state({ pauseOfAll: { untilAt: LATER } })],
  ['paused', 'Paused.', run(), state({ pauseByJob: new Map([['backup', { untilAt: null }]]) })],
  ['retry', 'Retry 2 of 3 at 22:41.', run({ attempt: 2, notBeforeAt: LATER }), state()],
  ['draining', 'Finishing the older version: 2 runs left.', run(), state({ olderRuns: 2 })],
  ['draining', 'Finishing the older version: 1 run left.', run(), state({ olderRuns: 1 })],
  ['draining', 'A newer version has taken over.', run(), state({ isDraining: true })],
  ['disk-full', 'The disk is full.', run(), state({ isDiskFull: true })],
] as const)('a run waits for %s: %s', (cause, reason, candidate, dispatch) => {
  expect(whyWaits(candidate, dispatch)).toMatchObject({ cause, reason });
});

test('the run that is waited for is named', () => {
  expect(whyWaits(run(), state(busy))?.waitsForRunId).toBe(7);
  expect(whyWaits(run({ concurrencyGroup: 'warehouse' }), state(groupBusy))?.waitsForRunId).toBe(8);
});

test('a manual run passes a pause, of its job and of all, and no limit', () => {
  const manual = run({ trigger: 'manual', concurrencyGroup: 'warehouse' });
  const paused = { pauseOfAll: { untilAt: null }, pauseByJob: new Map([['backup', { untilAt: null }]]) };
  expect(whyWaits(manual, state(paused))).toBeNull();
  expect(whyWaits(manual, state({ ...paused, ...busy }))?.cause).toBe('already-running');
  expect(whyWaits(manual, state({ ...paused, ...groupBusy }))?.cause).toBe('group-busy');
  expect(whyWaits(manual, state({ ...paused, running: 4 }))?.cause).toBe('capacity');
});

test('an upstream’s run and a missed one wait while their job is paused', () => {
  const paused = state({ pauseOfAll: { untilAt: null } });
  expect(whyWaits(run({ trigger: 'after' }), paused)?.cause).toBe('paused');
  expect(whyWaits(run({ trigger: 'missed' }), paused)?.cause).toBe('paused');
});

test('a job that allows overlap has several runs at once, within the other limits', () => {
  expect(whyWaits(run({ allowsOverlap: true }), state({ ...busy, running: 1 }))).toBeNull();
  expect(whyWaits(run({ allowsOverlap: true }), state({ ...busy, running: 4 }))?.cause).toBe('capacity');
});

test('a retry whose moment has come waits no more', () => {
  expect(whyWaits(run({ attempt: 2, notBeforeAt: NOW }), state())).toBeNull();
});

test('what a person must change is told before what ends by itself', () => {
  const all = { ...busy, ...groupBusy, running: 4 };
  expect(whyWaits(run({ missingEnvironment: ['A'], concurrencyGroup: 'warehouse' }), state(all))?.cause).toBe(
    'missing-environment',
  );
  expect(whyWaits(run({ concurrencyGroup: 'warehouse' }), state(all))?.cause).toBe('already-running');
});

test('a moment on another day says which', () => {
  const at = Date.parse('2026-03-02T05:30:00Z');
  expect(retryReason({ attempt: 3, attempts: 3 }, at, state())).toBe('Retry 3 of 3 at 2 Mar 06:30.');
});
