import { expect, test } from 'vitest';
import type { Script } from '../support/scripted-executor.ts';
import { MINUTE, SchedulerUnderTest } from '../support/scheduler-under-test.ts';

const REPORT = `
params:
  day: { default: yesterday }
  limit: { type: number, default: 10 }
  full: { type: boolean, default: false }
steps: [{ name: work, command: x }]
`;
const fails: Script = () => ({ kind: 'exited', exitCode: 3 });

/** The values that each run of the job was given, oldest first. */
const given = (under: SchedulerUnderTest) =>
  under.scheduler.runs
    .list({ limit: 100 })
    .runs.reverse()
    .map(({ trigger, params }) => ({ trigger, ...params }));

const lastOf = (under: SchedulerUnderTest) =>
  Object.fromEntries(under.scheduler.jobs.list()[0]!.params.map(({ name, last }) => [name, last]));

test('params reach the tasks as variables above their own, and a scheduled run takes the defaults', async () => {
  const seen: unknown[] = [];
  const work: Script = ({ environment: { day, limit, full } }) => {
    seen.push({ day, limit, full });
    return { kind: 'exited', exitCode: 0 };
  };
  const report = `scheduler: '*/10 * * * *'\nvariables: { day: of the job }${REPORT}`;
  const under = await SchedulerUnderTest.start({ 'report.yml': report }, { scripts: { work } });
  under.scheduler.addJob('report', { day: 'monday', limit: ' 1.50' });
  await under.until(['report manual succeeded']);
  await under.pass(10 * MINUTE);
  await under.until(['report manual succeeded', 'report scheduled succeeded']);

  const asked = { day: 'monday', limit: '1.50', full: 'false' };
  const preset = { day: 'yesterday', limit: '10', full: 'false' };
  expect(seen).toEqual([asked, preset]);
  expect(given(under)).toEqual([
    { trigger: 'manual', ...asked },
    { trigger: 'scheduled', ...preset },
  ]);
});

test('a run that cannot be as it was asked for is not queued', async () => {
  const under = await SchedulerUnderTest.start({ 'report.yml': REPORT });
  expect(() => under.scheduler.addJob('report', { dya: 'x', limit: 'all' })).toThrow(
    'report cannot run so: it has no param `dya` (did you mean `day`?); `limit` must be a number; found `all`.',
  );
  expect(under.runs()).toEqual([]);
});

test('what was typed last is offered again, over a restart and without the runs, until it no longer fits', async () => {
  const under = await SchedulerUnderTest.start({ 'report.yml': REPORT });
  under.scheduler.addJob('report', { day: 'monday', limit: '20', full: 'false' });
  await under.until(['report manual succeeded']);
  expect(lastOf(under)).toEqual({ day: 'monday', limit: '20', full: null });

  // What nobody typed stays as it was, and the default is nothing to remember.
  under.scheduler.addJob('report', { limit: '10' });
  await under.until(['report manual succeeded', 'report manual succeeded']);
  expect(lastOf(under)).toEqual({ day: 'monday', limit: null, full: null });

  await under.restart(MINUTE);
  expect(lastOf(under)).toEqual({ day: 'monday', limit: null, full: null });
  await under.write('report.yml', REPORT.replace('default: yesterday', 'type: choice, choices: [a, b], default: a'));
  await under.eventually(() => expect(lastOf(under)).toEqual({ day: null, limit: null, full: null }));
});

test('run again with the current definition checks the params of then against it', async () => {
  const under = await SchedulerUnderTest.start({ 'report.yml': REPORT });
  under.scheduler.addJob('report', { day: 'monday' });
  await under.until(['report manual succeeded']);
  under.scheduler.runs.again('report#1', 'current', 'start');
  await under.until(['report manual succeeded', 'report manual succeeded']);
  expect(given(under)[1]).toMatchObject({ day: 'monday', limit: '10' });

  await under.write('report.yml', REPORT.replace('day:', 'date:'));
  await under.eventually(() => expect(Object.keys(lastOf(under))).toContain('date'));
  expect(() => under.scheduler.runs.again('report#1', 'current', 'start')).toThrow('it has no param `day`');
  expect(under.scheduler.runs.again('report#1', 'same', 'start').params).toMatchObject({ day: 'monday' });
});

test('Run next moves the run that waits with the same params, however they were given, and no other', async () => {
  const under = await SchedulerUnderTest.start({ 'report.yml': REPORT });
  under.scheduler.queue.pause(undefined, null);
  under.script['work'] = under.executor.hold;
  const running = under.scheduler.addJob('report');
  await under.until(['report manual running']);
  const monday = under.scheduler.addJob('report', { day: 'monday' });
  const preset = under.scheduler.addJob('report', { limit: '10' });
  expect(new Set([running.id, monday.id, preset.id]).size).toBe(3);
  expect(under.scheduler.addJob('report', { day: 'monday', full: 'FALSE' }).id).toBe(monday.id);
  expect(under.scheduler.addJob('report', { day: 'yesterday' }).id).toBe(preset.id);
});

test('Run next is the whole job: a run that goes on from a failed step stays where it waits', async () => {
  const under = await SchedulerUnderTest.start(
    { 'two.yml': 'steps: [{ name: first, command: x }, { name: second, command: x }]' },
    { scripts: { second: fails } },
  );
  under.scheduler.addJob('two');
  await under.until(['two manual failed']);
  under.script['first'] = under.executor.hold;
  under.scheduler.addJob('two');
  await under.until(['two manual failed', 'two manual running']);
  const rest = under.scheduler.runs.again('two#1', 'same', 'failed-step');
  const whole = under.scheduler.addJob('two');
  expect(whole.id).not.toBe(rest.id);
  expect(under.scheduler.addJob('two').id).toBe(whole.id);
});
