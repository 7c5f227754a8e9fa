import { expect, test } from 'vitest';
import type { JobDefinition } from '../../electron/scheduler/job-file/definition.ts';
import { JobManager } from '../../electron/scheduler/job-manager.ts';
import { job } from '../support/definitions.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { T0, temporaryState } from './store/temporary-state.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const hourly = (id: string, over: Partial<JobDefinition> = {}) => job(id, { scheduler: ['0 * * * *'], ...over });

async function managing(definitions: readonly JobDefinition[]) {
  const state = await temporaryState();
  const clock = new FakeClock(T0 + 30 * MINUTE);
  const cancelled: string[] = [];
  const disk: { refuse?: Error | undefined } = {};
  const manager = new JobManager({
    clock,
    queue: state.queue,
    schedules: state.schedules,
    skips: state.skips,
    atomically: (change) => {
      const transaction = state.db.transaction(() => {
        const result = change();
        if (disk.refuse !== undefined) throw disk.refuse;
        return result;
      });
      try {
        return transaction.immediate();
      } catch (error) {
        // As DiskReserve does: what could not be written is tried once more when there is room.
        if (error !== disk.refuse || disk.refuse?.message !== 'full') throw error;
        disk.refuse = undefined;
        return transaction.immediate();
      }
    },
    cancelRunning: (id) => void cancelled.push(id),
    changed: () => {},
  });
  manager.setJobs(definitions);
  const queued = () => [...state.queue.waiting()].map((row) => row.job);
  const told = () =>
    state.history
      .listRuns({}, { limit: 100 })
      .reverse()
      .map((run) => `${run.job} ${run.trigger} ${run.state} ${run.skipped?.count ?? ''}`.trim());
  return { ...state, clock, manager, cancelled, disk, queued, told };
}

const all = (count: number) => Array.from({ length: count }, (_, index) => hourly(`job-${index}`));

test('a decision that finds the disk full and is tried again forgets no occurrence', async () => {
  const t = await managing(all(3));
  t.clock.advance(30 * MINUTE);
  t.disk.refuse = new Error('full');
  await t.manager.look();
  expect(t.queued()).toEqual(['job-0', 'job-1', 'job-2']);
});

test('a look whose transaction fails is made up for by the next one', async () => {
  const t = await managing([...all(3), hourly('caught', { catchUpAfterPause: true })]);
  t.clock.advance(30 * MINUTE);
  t.disk.refuse = new Error('busy');
  await expect(t.manager.look()).rejects.toThrow('busy');
  expect(t.queued()).toEqual([]);
  t.disk.refuse = undefined;
  await t.manager.look();
  expect(t.queued()).toEqual(['job-0', 'job-1', 'job-2', 'caught']);
});

test('a job that is removed or changed while a look goes on is not run as it was', async () => {
  const t = await managing(all(300));
  t.clock.advance(30 * MINUTE);
  const look = t.manager.look();
  await Promise.resolve();
  t.manager.removeJobs(['job-298']);
  t.manager.setJobs([hourly('job-299', { pipelineName: 'new name' })]);
  await look;
  await t.manager.look();
  expect(t.queued()).not.toContain('job-298');
  expect(t.history.listRuns({ job: 'job-299' }, { limit: 2 })).toMatchObject([{ pipelineName: 'new name' }]);
});

test('a pause that is made longer while a look ends it goes on', async () => {
  const t = await managing(all(300));
  t.manager.pause('job-0', t.clock.now() + 10 * MINUTE);
  t.clock.advance(30 * MINUTE);
  const look = t.manager.look();
  await Promise.resolve();
  t.manager.pause('job-0', null);
  await look;
  expect(t.schedules.pauses().get('job-0')).toMatchObject({ untilAt: null });
});

test('an occurrence that was taken out stays out when the machine sleeps through it', async () => {
  const t = await managing([hourly('a')]);
  t.schedules.planSkip('a', T0 + HOUR);
  t.clock.jump(45 * MINUTE);
  await t.manager.look();
  expect(t.told()).toEqual(['a missed skipped 1']);
  expect(t.schedules.plannedSkips()).toEqual([]);
});

test('a schedule that comes back begins anew: what it named while it was another is not missed', async () => {
  const t = await managing([hourly('a')]);
  t.manager.setJobs([hourly('a', { scheduler: ['30 5 * * *'] })]);
  t.clock.jump(3 * HOUR);
  await t.manager.look();
  t.manager.setJobs([hourly('a')]);
  await t.manager.look();
  expect(t.told()).toEqual([]);
  expect(t.schedules.all().find(({ schedule }) => schedule.startsWith('0 *'))?.lookedAt).toBe(t.clock.now());
});

test('a clock that is corrected by a second writes only the schedules that were due in it', async () => {
  const t = await managing([hourly('a'), job('b', { scheduler: ['0 5 * * *'] })]);
  t.clock.advance(30 * MINUTE);
  await t.manager.look();
  t.clock.jump(-1_000);
  await t.manager.look();
  const looked = new Map(t.schedules.all().map(({ job: id, lookedAt }) => [id, lookedAt - T0]));
  expect(looked).toEqual(
    new Map([
      ['a', HOUR - 1_000],
      ['b', 30 * MINUTE],
    ]),
  );
  t.clock.advance(1_000);
  await t.manager.look();
  expect(t.told()).toEqual(['a scheduled queued']);
});

test('what `cancel-running` replaces is cancelled once its replacement is queued, and not where that failed', async () => {
  const t = await managing([hourly('a', { overlap: 'cancel-running' })]);
  t.clock.advance(30 * MINUTE);
  await t.manager.look();
  t.queue.claim(1, 'me', t.clock.now());
  t.clock.advance(HOUR);
  t.disk.refuse = new Error('busy');
  await expect(t.manager.look()).rejects.toThrow('busy');
  expect(t.cancelled).toEqual([]);
  t.disk.refuse = undefined;
  await t.manager.look();
  expect(t.cancelled).toEqual(['a']);
});
