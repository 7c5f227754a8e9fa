import { expect, test } from 'vitest';
import type { TaskExecution } from '../../../electron/scheduler/executor/executor.ts';
import { holding } from '../../support/holding.ts';
import { SchedulerUnderTest, SECOND } from '../../support/scheduler-under-test.ts';
import { processorTime } from '../../support/processor-time.ts';

const steps = 'steps: [{ name: work, command: "true" }]\n';
const cron = (expression: string, more = '') => `scheduler: ${expression}\ntimezone: UTC\n${more}${steps}`;
const at = (text: string) => Date.parse(`2026-03-02T${text}Z`);
const clock = (moment: number) => new Date(moment).toISOString().slice(11, 16);

async function upcoming(
  files: Record<string, string>,
  hours: number,
  limit: number,
  pause?: (t: SchedulerUnderTest) => void,
) {
  const t = await SchedulerUnderTest.start(files);
  pause?.(t);
  const { occurrences, bands } = await t.scheduler.jobs.upcoming(hours, limit);
  return [
    ...occurrences.map(({ job, dueAt }) => `${job} ${clock(dueAt)}`),
    ...bands.map(({ job, firstAt, lastAt, count }) => `${job} ${clock(firstAt)} to ${clock(lastAt)}: ${count}`),
  ];
}

test('upcoming occurrences of all jobs are in order; where they are too many each job has its share, and the rest is a band', async () => {
  const files = { 'a.yml': cron("'*/20 * * * *'"), 'b.yml': cron("'30 * * * *'"), 'c.yml': cron("'0 5 1 1 *'") };
  expect(await upcoming(files, 1, 10)).toEqual(['a 08:20', 'b 08:30', 'a 08:40', 'a 09:00']);
  expect(await upcoming(files, 2, 9)).toEqual([
    'a 08:20',
    'b 08:30',
    'a 08:40',
    'a 09:00',
    'b 09:30',
    'a 08:20 to 10:00: 6',
  ]);
});

test('moments of two schedules of a job that coincide are one', async () => {
  expect(await upcoming({ 'a.yml': cron("['0 * * * *', '*/30 * * * *']") }, 2, 10)).toEqual([
    'a 08:30',
    'a 09:00',
    'a 09:30',
    'a 10:00',
  ]);
});

test('of two pauses the longer one counts, for what comes and for what is shown', async () => {
  const files = { 'a.yml': cron("'0 * * * *'"), 'b.yml': cron("'0 * * * *'") };
  const both = (t: SchedulerUnderTest): void => {
    t.scheduler.queue.pause('a', at('09:30:00'));
    t.scheduler.queue.pause(undefined, at('11:30:00'));
    expect(t.scheduler.jobs.list().map(({ pause }) => pause?.by)).toEqual(['all', 'all']);
    t.scheduler.queue.pause('a', null);
    expect(t.scheduler.jobs.list().map(({ pause }) => pause?.by)).toEqual(['window', 'all']);
    t.scheduler.queue.pause('a', at('09:30:00'));
  };
  expect(await upcoming(files, 5, 10, both)).toEqual(['a 12:00', 'b 12:00', 'a 13:00', 'b 13:00']);
});

test('a job that is due every minute is told as a band to the end, however many there are', async () => {
  const files = { 'a.yml': cron("'* * * * *'"), 'b.yml': cron("'* * * * *'"), 'daily.yml': cron("'0 3 * * *'") };
  const told = await upcoming(files, 48, 5_000);
  expect(told.filter((line) => line.includes(' to '))).toEqual(['a 08:01 to 08:00: 2880', 'b 08:01 to 08:00: 2880']);
  expect(told.filter((line) => line.startsWith('a'))).toHaveLength(6);
  expect(told).toContain('daily 03:00');
});

test('a band pauses where nothing is due: office hours, closed hours, a moment that was taken out, and a pause', async () => {
  const files = {
    'office.yml': cron("'*/5 9-16 * * *'"),
    'closed.yml': cron("'*/5 * * * *'", "not_between: ['18:00-10:00']\n"),
  };
  const told = await upcoming(files, 36, 300, (t) => {
    t.scheduler.jobs.skip('office', at('13:00:00'));
    t.scheduler.queue.pause('office', at('10:00:00'));
  });
  expect(told.filter((line) => line.includes(' to '))).toEqual([
    'closed 10:00 to 17:55: 96',
    'closed 10:00 to 17:55: 96',
    'office 10:05 to 16:55: 82',
    'office 09:00 to 16:55: 96',
  ]);
});

test('twenty jobs that are due every second cost no more than others', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`job-${index}.yml`, cron("'* * * * * *'", 'overlap: skip\n')]),
  );
  const t = await SchedulerUnderTest.start(files);
  t.scheduler.queue.pause(undefined, at('08:00:40'));
  const took = processorTime();
  const { occurrences, bands } = await t.scheduler.jobs.upcoming(24 * 8, 100);
  expect(occurrences).toHaveLength(100);
  expect(occurrences.at(-1)!.dueAt).toBe(at('08:00:45'));
  expect(bands.reduce((sum, { count }) => sum + count, 0)).toBe(20 * (8 * 86_400 - 10));
  expect(took()).toBeLessThan(500);
});

test('a job is shown as it is: idle, waiting, running, paused, with its problems and what is missing', async () => {
  const held = holding();
  const files = {
    'idle.yml': cron("'0 * * * *'"),
    'needs.yml': `requires_env: [PGHOST]\n${steps}`,
    'off.yml': cron("'0 * * * *'", 'paused: true\n'),
    'broken.yml': 'taks: 1\n',
    'run.yml': steps,
  };
  const t = await SchedulerUnderTest.start(files, { scripts: { work: held.script }, environment: {} });
  t.scheduler.addJob('run');
  t.scheduler.addJob('needs');
  await held.began(1);
  const list = t.scheduler.jobs.list();
  expect(await t.scheduler.jobs.listInTurns()).toEqual(list);
  expect(t.scheduler.jobs.brief()).toEqual(
    list.map(({ id, pipelineName, nextDueAt, state }) => ({
      id,
      pipelineName,
      nextDueAt,
      canRun: state !== 'problem',
    })),
  );
  const shown = Object.fromEntries(list.map((job) => [job.id, job]));
  expect(Object.entries(shown).map(([id, { state }]) => `${id} ${state}`)).toEqual(
    expect.arrayContaining(['idle idle', 'needs waiting', 'off paused', 'broken problem', 'run running']),
  );
  expect(shown['needs']!.missingEnvironment).toEqual(['PGHOST']);
  expect(shown['off']).toMatchObject({ nextDueAt: null, pause: { by: 'file', untilAt: null } });
  expect(shown['idle']).toMatchObject({ nextDueAt: at('09:00:00'), schedules: [{ expression: '0 * * * *' }] });
  expect(shown['run']).toMatchObject({ runningRun: 1, last: null, strip: [] });
  held.endAll();
  await t.eventually(() =>
    expect(t.scheduler.jobs.list().find(({ id }) => id === 'run')).toMatchObject({
      state: 'idle',
      runningRun: null,
      last: { id: 1, state: 'succeeded' },
      strip: [{ id: 1, state: 'succeeded' }],
    }),
  );
});

test('a waiting run says its place, why it waits, for which run, and when it will start', async () => {
  const held = holding();
  const files = { 'a.yml': steps, 'b.yml': `requires_env: [X]\n${steps}`, 'nightjar.yml': 'max_parallel_runs: 1\n' };
  const t = await SchedulerUnderTest.start(files, { scripts: { work: held.script } });
  t.scheduler.addJob('a');
  await held.began(1);
  t.clock.advance(10 * SECOND);
  await held.endOne();
  await t.until(['a manual succeeded']);
  t.scheduler.addJob('a');
  await held.began(2);
  t.clock.advance(4 * SECOND);
  t.scheduler.addJob('b');
  t.scheduler.addJob('a');
  const now = t.clock.now();
  expect(t.scheduler.queue.get().waiting).toMatchObject([
    {
      job: 'a',
      position: 1,
      cause: 'already-running',
      waitsFor: { id: 2, job: 'a', number: 2 },
      predictedStartAt: now + 6 * SECOND,
    },
    { job: 'b', position: 2, cause: 'missing-environment', waitsFor: null, predictedStartAt: null },
  ]);
  const first = t.scheduler.queue.get(1);
  expect([first.waiting.map(({ job }) => job), first.waitingCount]).toEqual([['a'], 2]);
  // The cursor is a place, not a run: it holds when that run has left.
  t.scheduler.runs.cancel('a#3');
  const second = t.scheduler.queue.get(1, first.next ?? undefined);
  expect([second.waiting.map(({ job, position }) => `${job} ${position}`), second.next]).toEqual([['b 1'], null]);
  held.endAll();
});

test("a run's details have its tasks from the beginning, the run before, and the job as it was", async () => {
  const held = holding();
  const two = 'steps:\n  - { name: work, command: "true" }\n  - { name: after, command: "true" }\n';
  const t = await SchedulerUnderTest.start(
    { 'a.yml': two, 'nightjar.yml': 'max_parallel_runs: 1\n' },
    { scripts: { work: held.script } },
  );
  t.scheduler.addJob('a');
  await held.began(1);
  t.scheduler.addJob('a');
  const waiting = t.scheduler.runs.get('a#2');
  expect(waiting.tasks.map(({ name, state, id }) => `${name} ${state} ${id}`)).toEqual([
    'work waiting 0',
    'after waiting 0',
  ]);
  expect(waiting).toMatchObject({ groups: ['work', 'after'], previous: { id: 1, state: 'running' } });
  expect(waiting.definition).toContain("command: 'true'");
  held.endAll();
  await t.until(['a manual succeeded', 'a manual succeeded']);
  expect(t.scheduler.runs.get(2).tasks.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'work succeeded',
    'after succeeded',
  ]);
  expect(() => t.scheduler.runs.get('a#3')).toThrow('There is no run a#3.');
});

test('a file is checked as it would be saved: problems, or its next moments, groups and schedules in words', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': steps });
  const { files } = t.scheduler;
  const checked = files.check('b.yml', cron("['0 9 * * *', '@hourly']"));
  expect(checked.problems).toEqual([]);
  expect(checked.nextDueAt.map(clock)).toEqual(['09:00', '10:00', '11:00', '12:00', '13:00']);
  expect(checked).toMatchObject({
    timezone: 'UTC',
    groups: [{ name: 'work', tasks: [{ name: 'work', executor: 'process' }] }],
    handlers: [],
  });
  const tell = '{ name: tell, command: "true" }';
  expect(files.check('b.yml', `${steps}on_failure: [${tell}]\nalways: [${tell}]\n`).handlers).toEqual([
    { key: 'on_failure', tasks: [{ name: 'tell', executor: 'process', image: null }] },
    { key: 'always', tasks: [{ name: 'tell', executor: 'process', image: null }] },
  ]);
  expect(checked.schedules[0]!.words).toBe('daily 09:00');
  expect(files.check('b.yml', 'taks: 1\n')).toMatchObject({ nextDueAt: [], groups: [], problems: [{ line: 1 }, {}] });
});

test('a file is saved on the version that it is based on, and found where it is', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': steps });
  const { files } = t.scheduler;
  const read = await files.read('a.yml');
  const saved = await files.save('a.yml', cron("'@hourly'"), read.version);
  expect(saved.version).not.toBe(read.version);
  await expect(files.save('a.yml', steps, read.version)).rejects.toMatchObject({ code: 'changed-on-disk' });
  expect(await files.locate('a.yml')).toMatch(/jobs\/a\.yml$/);
  await expect(files.locate('../a.yml')).rejects.toThrow(/a\.yml/);
  await t.eventually(() => expect(t.scheduler.jobs.list()[0]?.nextDueAt).toBe(at('09:00:00')));
});

test('a failed run is looked at where the task that failed says why, and at its last words where no line looks like an error', async () => {
  const says = (text: string, exitCode: number) => async (execution: TaskExecution) => {
    await execution.log.write('stdout', Buffer.from(text));
    return { kind: 'exited' as const, exitCode };
  };
  const t = await SchedulerUnderTest.start(
    { 'a.yml': 'steps: [{ name: g, tasks: [{ name: well, command: x }, { name: ill, command: x }] }]\n' },
    { scripts: { well: says('error: but not here\n', 0), ill: says('one\nso it ends\n', 1) } },
  );
  const { id } = t.scheduler.addJob('a');
  await t.until(['a manual failed']);
  const { lines } = await t.scheduler.logs.slice(id, {}, 0, 100);
  const textAt = (number: number | null) => lines.find((line) => line.number === number)?.text;
  expect(textAt(await t.scheduler.logs.firstError(id, {}))).toBe('so it ends');
  const well = t.scheduler.runs.get(id).tasks.find(({ name }) => name === 'well')!.id;
  expect(textAt(await t.scheduler.logs.firstError(id, { taskRunIds: [well] }))).toBe('error: but not here');
});
