import { expect, test } from 'vitest';
import { announcementOf } from '../../electron/desktop/announcement.ts';
import { RUN_STATES, type RunState } from '../../electron/api/words.ts';

const said = (state: RunState, ...before: RunState[]) => announcementOf({ state }, 'dbt-nightly', before)?.title;
const times = (count: number): RunState[] => Array.from({ length: count }, () => 'succeeded');

test('a failure is told when it is the first of the job, or comes after a success', () => {
  expect(said('failed')).toBe('dbt-nightly failed');
  expect(said('failed', 'succeeded')).toBe('dbt-nightly failed');
  expect(said('failed', ...times(14))).toBe('dbt-nightly failed after 14 successes');
  expect(said('timed-out', ...times(3), 'failed', 'succeeded')).toBe('dbt-nightly timed out after 3 successes');
  expect(said('failed', ...times(50))).toBe('dbt-nightly failed after more than 49 successes');
});

test('what goes on failing, and what goes on well, is not told', () => {
  expect(said('failed', 'failed', 'succeeded')).toBeUndefined();
  expect(said('timed-out', 'failed')).toBeUndefined();
  expect(said('failed', 'timed-out')).toBeUndefined();
  expect(said('succeeded')).toBeUndefined();
  expect(said('succeeded', 'succeeded', 'failed')).toBeUndefined();
});

test('the first success after a failure is told', () => {
  expect(said('succeeded', 'failed', 'succeeded')).toBe('dbt-nightly recovered');
  expect(said('succeeded', 'timed-out')).toBe('dbt-nightly recovered');
});

test('other ends say nothing of a job', () => {
  const silent = RUN_STATES.filter((state) => !['succeeded', 'failed', 'timed-out'].includes(state));
  for (const state of silent) expect(said(state, 'succeeded')).toBeUndefined();
});
