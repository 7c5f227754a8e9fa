import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holding } from '../support/holding.ts';
import { inTimezone } from '../support/in-timezone.ts';
import { HOUR, MINUTE, SchedulerUnderTest, SECOND } from '../support/scheduler-under-test.ts';

const steps = 'steps: [{ name: work, command: "true" }]\n';
const hourly = `scheduler: '0 * * * *'\ntimezone: UTC\n${steps}`;
const minutely = `scheduler: '* * * * *'\ntimezone: UTC\n${steps}`;

test('a job is run at its due moment, once', async () => {
  const t = await SchedulerUnderTest.start({ 'backup.yml': hourly }, { at: '2026-03-02T08:59:50Z' });
  await t.pass(9 * SECOND);
  expect(t.runs()).toEqual([]);
  await t.pass(2 * SECOND);
  await t.until(['backup scheduled succeeded']);
  await t.pass(MINUTE);
  expect(t.runs()).toEqual(['backup scheduled succeeded']);
});

test('a laptop that slept through three occurrences runs the job once, for the latest of them', async () => {
  const t = await SchedulerUnderTest.start({ 'backup.yml': hourly }, { at: '2026-03-02T08:30:00Z' });
  t.clock.jump(3 * HOUR);
  await t.pass(6 * SECOND);
  await t.until(['backup missed skipped 2', 'backup missed succeeded']);
  const { runs } = t.scheduler.runs.list({ limit: 1 });
  expect(new Date(runs[0]!.dueAt!).toISOString()).toBe('2026-03-02T11:00:00.000Z');
});

test('what was missed while Nightjar was closed is caught up at the next start', async () => {
  const t = await SchedulerUnderTest.start({ 'backup.yml': hourly }, { at: '2026-03-02T08:30:00Z' });
  await t.restart(2 * HOUR);
  await t.until(['backup missed skipped 1', 'backup missed succeeded']);
});

test('who travels has a job without a zone run when it is due there, which may be sooner', async () => {
  inTimezone('Europe/Berlin');
  const noon = `scheduler: '0 12 * * *'\n${steps}`;
  const t = await SchedulerUnderTest.start({ 'noon.yml': noon }, { at: '2026-05-05T02:59:00Z' });
  inTimezone('Asia/Tokyo');
  await t.pass(MINUTE + 5 * SECOND);
  await t.until(['noon scheduled succeeded']);
  const { runs } = t.scheduler.runs.list({ limit: 1 });
  expect(new Date(runs[0]!.dueAt!).toISOString()).toBe('2026-05-05T03:00:00.000Z');
});

test('a schedule has no past before it was first seen', async () => {
  const t = await SchedulerUnderTest.start({}, { at: '2026-03-02T08:30:00Z' });
  await t.scheduler.close('drain');
  await t.write('new.yml', hourly);
  await t.restart(5 * HOUR);
  await t.pass(6 * SECOND);
  expect(t.runs()).toEqual([]);
});

test('a clock that is set back runs nothing twice and loses nothing', async () => {
  const t = await SchedulerUnderTest.start({ 'tick.yml': minutely }, { at: '2026-03-02T08:00:30Z' });
  for (let count = 1; count <= 3; count += 1) {
    await t.pass(MINUTE);
    await t.until(Array(count).fill('tick scheduled succeeded'));
  }
  t.clock.jump(-2 * MINUTE);
  await t.pass(2 * MINUTE);
  for (let count = 4; count <= 5; count += 1) {
    await t.pass(MINUTE);
    await t.until(Array(count).fill('tick scheduled succeeded'));
  }
  const due = t.scheduler.runs
    .list({ limit: 10 })
    .runs.map(({ dueAt }) => new Date(dueAt!).toISOString().slice(14, 16));
  expect(due.reverse()).toEqual(['01', '02', '03', '04', '05']);
});

test('run-all runs every missed occurrence, one after another', async () => {
  const t = await SchedulerUnderTest.start(
    { 'backup.yml': `on_missed: run-all\n${hourly}` },
    { at: '2026-03-02T08:30:00Z' },
  );
  t.clock.jump(3 * HOUR);
  await t.pass(6 * SECOND);
  await t.until(Array(3).fill('backup missed succeeded'));
});

test('an occurrence is skipped while the last run still runs, and consecutive skips are one row', async () => {
  const held = holding();
  const t = await SchedulerUnderTest.start({ 'tick.yml': minutely }, { scripts: { work: held.script } });
  await t.pass(3 * MINUTE);
  await t.until(['tick scheduled running', 'tick scheduled skipped 2']);
  held.endAll();
  await t.until(['tick scheduled succeeded', 'tick scheduled skipped 2']);
});

test.each([
  ['queue-one', [['running'], ['running', 'queued'], ['running', 'queued', 'skipped 1']]],
  ['queue-all', [['running'], ['running', 'queued'], ['running', 'queued', 'queued']]],
  ['allow', [['running'], ['running', 'running'], ['running', 'running', 'queued']]],
  ['cancel-running', [['running'], ['cancelled', 'running'], ['cancelled', 'cancelled', 'running']]],
])('overlap: %s', async (overlap, expected) => {
  const held = holding();
  const files = { 'tick.yml': `overlap: ${overlap}\n${minutely}`, 'nightjar.yml': 'max_parallel_runs: 2\n' };
  const t = await SchedulerUnderTest.start(files, { scripts: { work: held.script } });
  for (const states of expected) {
    await t.pass(MINUTE);
    await t.until(states.map((state) => `tick scheduled ${state}`));
    await held.began(states.filter((state) => state === 'running' || state === 'cancelled').length);
  }
  held.endAll();
});

test('a pause queues nothing, over a restart too: its gap is one skipped row; a manual run passes', async () => {
  const t = await SchedulerUnderTest.start({ 'tick.yml': minutely });
  t.scheduler.queue.pause(undefined, null);
  await t.restart(0);
  await t.pass(3 * MINUTE);
  t.scheduler.addJob('tick');
  await t.until(['tick scheduled skipped 3', 'tick manual succeeded']);
  await t.scheduler.queue.resume(undefined);
  await t.pass(MINUTE);
  await t.until(['tick scheduled skipped 3', 'tick manual succeeded', 'tick scheduled succeeded']);
});

test('a pause with an end survives a restart and ends by itself', async () => {
  const t = await SchedulerUnderTest.start({ 'tick.yml': minutely });
  t.scheduler.queue.pause('tick', t.clock.now() + 3 * MINUTE);
  await t.restart(0);
  await t.pass(2 * MINUTE);
  expect(t.scheduler.jobs.list()[0]).toMatchObject({ state: 'paused', pause: { by: 'window' } });
  await t.pass(2 * MINUTE);
  await t.until(['tick scheduled skipped 3', 'tick scheduled succeeded']);
});

test('a job that catches up after a pause takes its gap for missed', async () => {
  const files = { 'tick.yml': `catch_up_after_pause: true\n${minutely}` };
  const t = await SchedulerUnderTest.start(files, { at: '2026-03-02T08:00:50Z' });
  t.scheduler.queue.pause('tick', null);
  await t.pass(3 * MINUTE);
  expect(t.runs()).toEqual([]);
  await t.scheduler.queue.resume('tick');
  await t.until(['tick missed skipped 2', 'tick missed succeeded']);
});

test('a job that its file pauses runs again when the file says so', async () => {
  const t = await SchedulerUnderTest.start({ 'tick.yml': `paused: true\n${minutely}` });
  await t.pass(2 * MINUTE);
  await t.until(['tick scheduled skipped 2']);
  await t.write('tick.yml', minutely);
  await t.eventually(() => expect(t.scheduler.jobs.list()[0]?.state).toBe('idle'));
  await t.pass(MINUTE);
  await t.until(['tick scheduled skipped 2', 'tick scheduled succeeded']);
});

test('a deleted file takes its job and its due moments away; its history stays', async () => {
  const t = await SchedulerUnderTest.start({ 'tick.yml': minutely });
  await t.pass(MINUTE);
  await t.until(['tick scheduled succeeded']);
  await rm(join(t.folder, 'jobs', 'tick.yml'));
  await t.eventually(() => expect(t.scheduler.jobs.list()).toEqual([]));
  await t.pass(2 * MINUTE);
  expect(t.runs()).toEqual(['tick scheduled succeeded']);
});

test('a coming occurrence that the user took out is recorded in place of being run', async () => {
  const t = await SchedulerUnderTest.start({ 'tick.yml': minutely });
  const next = async () => (await t.scheduler.jobs.upcoming(1, 5_000)).occurrences;
  const [first, second] = await next();
  t.scheduler.jobs.skip('tick', first!.dueAt);
  expect((await next())[0]?.dueAt).toBe(second!.dueAt);
  await t.pass(2 * MINUTE);
  await t.until(['tick scheduled skipped 1', 'tick scheduled succeeded']);
});
