import { expect, test } from 'vitest';
import { holding } from '../support/holding.ts';
import type { Script } from '../support/scripted-executor.ts';
import { MINUTE, SchedulerUnderTest, SECOND } from '../support/scheduler-under-test.ts';

const steps = 'steps: [{ name: work, command: "true" }]\n';
const fails: Script = () => ({ kind: 'exited', exitCode: 1 });

test('a chain runs to its end, each run says after which it came, and that one names it', async () => {
  const t = await SchedulerUnderTest.start({
    'backup.yml': steps,
    'check.yml': `${steps}pipeline_name: check it\nafter: [{ job: backup }]\n`,
    'tell.yml': `${steps}after: [{ job: check it }, { job: backup, on: failure }]\n`,
  });
  t.scheduler.addJob('backup');
  await t.until(['backup manual succeeded', 'check after succeeded', 'tell after succeeded']);
  expect(t.scheduler.runs.get(3).upstream).toEqual({ id: 2, job: 'check', number: 1 });
  expect(t.scheduler.runs.get(1).downstream).toEqual([{ id: 2, job: 'check', number: 1, state: 'succeeded' }]);
});

test('a failure counts after its last attempt, once, and also while the next instance takes over', async () => {
  const held = holding();
  const t = await SchedulerUnderTest.start(
    {
      'backup.yml': `retry: { limit: 1, interval: 60s }\nsteps: [{ name: bad, command: "true" }]\n`,
      'tell.yml': `${steps}after: [{ job: backup, on: failure }]\n`,
      'slow.yml': 'steps: [{ name: slow, command: "true" }]\n',
      'then.yml': `${steps}after: [{ job: slow }]\n`,
    },
    { scripts: { bad: fails, slow: held.script } },
  );
  t.scheduler.addJob('backup');
  await t.eventually(() => expect(t.waiting()[0]).toMatch(/Retry 2 of 2/));
  expect(t.runs()).toEqual(['backup manual queued']);
  await t.pass(61 * SECOND);
  await t.until(['backup manual failed', 'tell after succeeded']);

  t.scheduler.addJob('slow');
  await held.began(1);
  const older = t.scheduler;
  const closed = older.close('drain');
  t.scheduler = t.create({ version: '1.0.1' });
  await t.scheduler.start();
  held.endAll();
  await closed;
  await t.pass(6 * SECOND);
  await t.until(['backup manual failed', 'tell after succeeded', 'slow manual succeeded', 'then after succeeded']);
});

test('a run that is cancelled between two attempts runs its handlers, and so does its end count', async () => {
  const seen: string[] = [];
  const tell: Script = ({ task, environment }) => {
    seen.push(`${task.name} ${environment['NIGHTJAR_OUTCOME']}`);
    return { kind: 'exited', exitCode: 0 };
  };
  const t = await SchedulerUnderTest.start(
    {
      'a.yml': `retry: { limit: 1, interval: 1h }
steps: [{ name: bad, command: "true" }]
on_failure: [{ name: f, command: "true" }]
on_cancel: [{ name: x, command: "true" }]
always: [{ name: z, command: "true" }]
`,
      'b.yml': `${steps}after: [{ job: a, on: any }]\n`,
    },
    { scripts: { bad: fails, f: tell, x: tell, z: tell } },
  );
  t.scheduler.addJob('a');
  await t.eventually(() => expect(t.waiting()[0]).toMatch(/Retry 2 of 2/));
  t.scheduler.runs.cancel(1);
  await t.until(['a manual cancelled', 'b after succeeded']);
  expect(seen).toEqual(['x cancelled', 'z cancelled']);
  expect(t.executor.calls.filter((call) => call === 'start bad')).toHaveLength(1);
});

test('jitter, closed hours, conditions and keep_awake: a run waits and says so, or is skipped and says so', async () => {
  const told: string[] = [];
  const state: { power: 'ac' | 'battery'; idleMs: number } = { power: 'battery', idleMs: 0 };
  const machine = {
    power: () => state.power,
    idleMs: () => state.idleMs,
    isOnline: () => null,
    keepAwake: () => (told.push('awake'), () => void told.push('asleep')),
  };
  const at = "scheduler: '1 8 * * *'\ntimezone: UTC\n";
  const t = await SchedulerUnderTest.start({});
  await t.scheduler.close('drain');
  await t.write('late.yml', `${at}jitter: 5m\n${steps}`);
  await t.write('never.yml', `${at}not_between: ["08:00-09:00"]\n${steps}`);
  await t.write('plugged.yml', `${at}when: { power: ac, idle: 5m }\nkeep_awake: true\n${steps}`);
  await t.write('tired.yml', `${at}when: { power: ac }\nmissed_deadline: 30s\n${steps}`);
  t.scheduler = t.create({ machine });
  await t.scheduler.start();
  await t.pass(32 * SECOND);
  await t.eventually(() => expect(t.waiting()).toHaveLength(3));
  const [late] = t.scheduler.queue.get().waiting;
  expect(late).toMatchObject({ job: 'late', cause: 'jitter' });
  expect(late!.notBeforeAt! - late!.dueAt!).toBeGreaterThan(0);
  expect(late!.notBeforeAt! - late!.dueAt!).toBeLessThanOrEqual(5 * MINUTE);
  expect(late!.reason).toMatch(/^Starts at \d\d:\d\d:\d\d \(jitter\)\.$/);
  expect(t.waiting().slice(1)).toEqual([
    'plugged: Waits for power and until nobody has used the machine for 5m.',
    'tired: Waits for power.',
  ]);
  const skipped = () =>
    t.scheduler.runs.list({ states: ['skipped'], limit: 10 }).runs.map(({ job, reason }) => [job, reason]);
  expect(skipped()).toEqual([['never', 'Not between 08:00 and 09:00.']]);

  t.clock.jump(late!.notBeforeAt! - t.clock.now());
  await t.pass(6 * SECOND);
  await t.eventually(() =>
    expect(skipped()[0]).toEqual(['tired', 'Waited for power, for longer than `missed_deadline`.']),
  );
  await t.eventually(() => expect(t.runs()).toContain('late scheduled succeeded'));
  expect(told).toEqual([]);
  Object.assign(state, { power: 'ac', idleMs: 5 * MINUTE });
  await t.pass(6 * SECOND);
  await t.eventually(() => expect(t.runs()).toContain('plugged scheduled succeeded'));
  expect(told).toEqual(['awake', 'asleep']);
});
