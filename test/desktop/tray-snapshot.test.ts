import { expect, test } from 'vitest';
import { takeSnapshot } from '../../electron/desktop/tray-snapshot.ts';
import { MINUTE, SchedulerUnderTest } from '../support/scheduler-under-test.ts';

const STEPS = "steps: [{ name: one, command: 'true' }]\n";

test('the snapshot has what runs under its name, every job with its next moment, and which of them can run', async () => {
  const { scheduler, executor } = await SchedulerUnderTest.start(
    {
      'a/late.yml': `scheduler: '0 9 * * *'\ntimezone: UTC\npipeline_name: backup\n${STEPS}`,
      'bad.yml': 'steps: [',
      'manual.yml': "steps: [{ name: wait, command: 'true' }]\n",
    },
    { scripts: { wait: (execution) => executor.hold(execution) } },
  );
  scheduler.addJob('manual');
  const facts = { lookedAt: 0, leaving: null, startsAtLogin: false };
  await expect.poll(() => takeSnapshot(scheduler, facts).running.map(({ name }) => name)).toEqual(['manual']);
  expect(takeSnapshot(scheduler, facts).jobs).toEqual([
    { id: 'a/late', name: 'backup', nextDueAt: Date.parse('2026-03-02T09:00:00Z'), canRun: true },
    { id: 'bad', name: 'bad', nextDueAt: null, canRun: false },
    { id: 'manual', name: 'manual', nextDueAt: null, canRun: true },
  ]);
});

test('a failure is news until somebody has looked after it', async () => {
  const fail = () => ({ kind: 'exited', exitCode: 1 }) as const;
  const made = await SchedulerUnderTest.start({ 'bad.yml': STEPS }, { scripts: { one: fail } });
  made.scheduler.addJob('bad');
  await made.until(['bad manual failed']);
  const at = made.clock.now();
  const look = (lookedAt: number) => takeSnapshot(made.scheduler, { lookedAt, leaving: null, startsAtLogin: false });
  expect(look(at - MINUTE)).toMatchObject({ isFailureNew: true, failures: [{ job: 'bad', number: 1 }] });
  expect(look(at)).toMatchObject({ isFailureNew: false, failures: [{ job: 'bad' }] });
});
