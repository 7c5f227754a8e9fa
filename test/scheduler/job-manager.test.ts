import { expect, test } from 'vitest';
import type { JobDefinition } from '../../electron/scheduler/job-file/definition.ts';
import { JobManager, type JobManagerPorts } from '../../electron/scheduler/job-manager.ts';
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
  const ports: JobManagerPorts = {
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
  };
  const manager = new JobManager(ports);
  manager.setJobs(definitions);
  /** As the next start has it. */
  const startAnew = async (): Promise<void> => {
    const next = new JobManager(ports);
    next.setJobs(definitions, true);
    await next.look();
  };
  const queued = () => [...state.queue.waiting()].map((row) => row.job);
  const told = () =>
    state.history
      .listRuns({}, { limit: 100 })
      .reverse()
      .map((run) => `${run.job} ${run.trigger} ${run.state} ${run.skipped?.count ?? ''}`.trim());
  return { ...state, clock, manager, startAnew, cancelled, disk, queued, told };
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
  const now = t.clock.now();
  expect(t.schedules.see([{ job: 'a', schedule: '0 * * * * UTC' }], now)[0]?.lookedAt).toBe(now);
});

test('what was queued before a start is neither queued nor told as missed by it', async () => {
  const t = await managing([
    hourly('one', { overlap: 'queue-all' }),
    hourly('two', { overlap: 'queue-all', scheduler: ['0 * * * *', '30 * * * *'] }),
    hourly('behind', { overlap: 'skip' }),
    hourly('rare', { scheduler: ['0 5 * * *'] }),
  ]);
  for (let half = 0; half < 4; half++) {
    t.clock.advance(30 * MINUTE);
    await t.manager.look();
  }
  const before = t.told();
  expect(before.toSorted()).toEqual([
    'behind scheduled queued',
    'behind scheduled skipped 1',
    ...Array<string>(2).fill('one scheduled queued'),
    ...Array<string>(4).fill('two scheduled queued'),
  ]);
  t.clock.jump(105 * MINUTE);
  await t.startAnew();
  expect(
    t
      .told()
      .slice(before.length)
      .filter((line) => line.startsWith('one')),
  ).toEqual(['one missed skipped 1', 'one missed queued']);
});

test('a clock that is corrected by a second writes only the schedules that were due in it', async () => {
  const t = await managing([hourly('a'), job('b', { scheduler: ['0 5 * * *'] })]);
  t.clock.advance(30 * MINUTE);
  await t.manager.look();
  t.clock.jump(-1_000);
  await t.manager.look();
  const keys = [
    { job: 'a', schedule: '0 * * * * UTC' },
    { job: 'b', schedule: '0 5 * * * UTC' },
  ];
  expect(t.schedules.see(keys, t.clock.now()).map(({ lookedAt }) => lookedAt - T0)).toEqual([
    HOUR - 1_000,
    30 * MINUTE,
  ]);
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
