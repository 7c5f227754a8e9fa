import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holding } from '../support/holding.ts';
import { breathe, SchedulerUnderTest, SECOND } from '../support/scheduler-under-test.ts';
import type { Script } from '../support/scripted-executor.ts';

const steps = 'steps: [{ name: work, command: "true" }]\n';
const hourly = `scheduler: '0 * * * *'\ntimezone: UTC\n${steps}`;

test('Run next puts a job at the top: of two clicks the last one is first', async () => {
  const held = holding();
  const files = { 'a.yml': steps, 'b.yml': steps, 'c.yml': steps, 'nightjar.yml': 'max_parallel_runs: 1\n' };
  const t = await SchedulerUnderTest.start(files, { scripts: { work: held.script } });
  t.scheduler.addJob('a');
  await t.until(['a manual running']);
  t.scheduler.addJob('b');
  t.scheduler.addJob('c');
  expect(t.waiting()).toEqual(['c: The only slot is in use.', 'b: The only slot is in use.']);
  await held.endOne();
  await t.until(['a manual succeeded', 'b manual queued', 'c manual running']);
  t.scheduler.addJob('b');
  expect(t.waiting()).toEqual(['b: The only slot is in use.']);
  await held.endOne();
  await t.until(['a manual succeeded', 'b manual running', 'c manual succeeded']);
  held.endAll();
});

test('sixty jobs due at once never exceed the limit, and each runs once', async () => {
  const files: Record<string, string> = { 'nightjar.yml': 'max_parallel_runs: 7\n' };
  for (let index = 0; index < 60; index += 1) files[`job-${index}.yml`] = hourly;
  let now = 0;
  let most = 0;
  const all = Promise.withResolvers<void>();
  const work: Script = async () => {
    most = Math.max(most, ++now);
    if (now === 7) all.resolve();
    await all.promise;
    await breathe();
    now -= 1;
    return { kind: 'exited', exitCode: 0 };
  };
  const t = await SchedulerUnderTest.start(files, { at: '2026-03-02T08:59:59Z', scripts: { work } });
  await t.pass(2 * SECOND);
  await t.eventually(() => expect(t.scheduler.runs.count({ states: ['succeeded'] }).count).toBe(60));
  expect(most).toBe(7);
  expect(new Set(t.scheduler.runs.list({ limit: 1_000 }).runs.map(({ job }) => job)).size).toBe(60);
});

test('one run of a concurrency group at a time; the second says whose end it waits for', async () => {
  const held = holding();
  const grouped = `concurrency_group: warehouse\n${steps}`;
  const t = await SchedulerUnderTest.start({ 'a.yml': grouped, 'b.yml': grouped }, { scripts: { work: held.script } });
  t.scheduler.addJob('a');
  await t.until(['a manual running']);
  t.scheduler.addJob('b');
  expect(t.waiting()).toEqual(['b: Group warehouse is busy: a.']);
  await held.endOne();
  await t.until(['a manual succeeded', 'b manual running']);
  held.endAll();
});

test('a run waits for the variables that its job requires, and names all of them', async () => {
  const t = await SchedulerUnderTest.start(
    { 'a.yml': `requires_env: [PGHOST, PGUSER]\n${steps}` },
    { environment: {} },
  );
  t.scheduler.addJob('a');
  await breathe();
  expect(t.waiting()).toEqual(['a: Not set: PGHOST, PGUSER.']);
});

test('a failed run is retried as another attempt of the same run, and says when', async () => {
  let attempts = 0;
  const work: Script = () => ({ kind: 'exited', exitCode: ++attempts < 3 ? 1 : 0 });
  const t = await SchedulerUnderTest.start(
    { 'a.yml': `retry: { limit: 2, interval: 60s }\n${steps}` },
    { scripts: { work } },
  );
  t.scheduler.addJob('a');
  await t.until(['a manual queued']);
  await t.eventually(() => expect(t.waiting()[0]).toMatch(/^a: Retry 2 of 3 at \d\d:\d\d\.$/));
  await t.pass(61 * SECOND);
  await t.eventually(() => expect(t.waiting()[0]).toMatch(/^a: Retry 3 of 3/));
  await t.pass(61 * SECOND);
  await t.until(['a manual succeeded']);
  expect(t.scheduler.runs.get(1)).toMatchObject({ attempt: 3, attempts: 3 });
});

test('a later edit of the file changes no waiting run', async () => {
  const held = holding();
  const seen: unknown[] = [];
  const look: Script = ({ environment }) => {
    seen.push(environment['WHO']);
    return { kind: 'exited', exitCode: 0 };
  };
  const said = (who: string): string => `variables: { WHO: ${who} }\nsteps: [{ name: look, command: "true" }]\n`;
  const files = { 'a.yml': steps, 'b.yml': said('old'), 'nightjar.yml': 'max_parallel_runs: 1\n' };
  const t = await SchedulerUnderTest.start(files, { scripts: { work: held.script, look } });
  t.scheduler.addJob('a');
  await t.until(['a manual running']);
  t.scheduler.addJob('b');
  await t.write('b.yml', said('new'));
  await t.eventually(() => expect(t.scheduler.jobs.get('b').definition?.variables).toEqual({ WHO: 'new' }));
  held.endAll();
  await t.until(['a manual succeeded', 'b manual succeeded']);
  expect(seen).toEqual(['old']);
});

test('a file that turns bad keeps running its last valid version, and says what is wrong', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': steps });
  await t.write('a.yml', 'taks: 1\n');
  await t.eventually(() => expect(t.scheduler.jobs.list()[0]?.problems[0]?.message).toContain('taks'));
  expect(t.scheduler.jobs.list()[0]?.validSinceAt).toBe(Date.parse('2026-03-02T08:00:30Z'));
  t.scheduler.addJob('a');
  await t.until(['a manual succeeded']);
});

test('a file that is not valid at a start keeps its last valid version, until it is gone', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': steps });
  await t.scheduler.close('stop');
  await t.write('a.yml', 'taks: 1\n');
  await t.restart(0);
  t.scheduler.addJob('a');
  await t.until(['a manual succeeded']);
  await rm(join(t.folder, 'jobs', 'a.yml'));
  await t.restart(0);
  await t.write('a.yml', 'taks: 1\n');
  await t.restart(0);
  expect(() => t.scheduler.addJob('a')).toThrow(/^a cannot run/);
});

test('a job without a valid version cannot be run next, and the sentence says why', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': 'taks: 1\n' });
  expect(() => t.scheduler.addJob('a')).toThrow(/^a cannot run: a\.yml:1: unknown key `taks`/);
  expect(() => t.scheduler.addJob('nope')).toThrow(/nope/);
});

test('cancelling a waiting run takes it out, cancelling a running one stops it, cancelling an ended one is refused', async () => {
  const held = holding();
  const files = { 'a.yml': steps, 'b.yml': steps, 'nightjar.yml': 'max_parallel_runs: 1\n' };
  const t = await SchedulerUnderTest.start(files, { scripts: { work: held.script } });
  t.scheduler.addJob('a');
  await t.until(['a manual running']);
  t.scheduler.addJob('b');
  t.scheduler.runs.cancel('b#1');
  t.scheduler.runs.cancel('a#1');
  await t.until(['a manual cancelled', 'b manual cancelled']);
  expect(() => t.scheduler.runs.cancel('a#1')).toThrow('a#1 is cancelled already; there is nothing to cancel.');
});

test('a second instance takes over: the older one starts nothing more and finishes its run', async () => {
  const held = holding();
  const files = { 'a.yml': steps, 'b.yml': steps };
  const t = await SchedulerUnderTest.start(files, { scripts: { work: held.script } });
  t.scheduler.addJob('a');
  await t.until(['a manual running']);
  const newer = t.create();
  const started = newer.start();
  await t.eventually(async () => {
    await t.pass(SECOND);
    await expect(Promise.race([t.scheduler.superseded.then(() => 'superseded'), breathe()])).resolves.toBe(
      'superseded',
    );
  });
  const closed = t.scheduler.close('drain');
  await started;
  newer.addJob('a');
  newer.addJob('b');
  await t.eventually(() => expect(newer.status()).toMatchObject({ running: 2, queued: 1, olderRuns: 1 }));
  expect(newer.queue.get().waiting[0]?.reason).toBe('Already running.');
  held.endAll();
  await closed;
  await t.eventually(async () => {
    await t.pass(SECOND);
    held.endAll();
    expect(newer.status()).toMatchObject({ running: 0, queued: 0 });
  });
  await newer.close('stop');
});

test("a newer instance cancels an older one's run by asking its owner", async () => {
  const held = holding();
  const t = await SchedulerUnderTest.start({ 'a.yml': steps }, { scripts: { work: held.script } });
  t.scheduler.addJob('a');
  await t.until(['a manual running']);
  const other = t.create({ isScheduling: false });
  await other.start();
  other.runs.cancel('a#1');
  await t.pass(6 * SECOND);
  await t.until(['a manual cancelled']);
  await other.close('stop');
});

test('the data folder of another jobs home is refused, and says so', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': steps });
  const other = t.create({ jobsHome: join(t.folder, 'elsewhere') });
  await expect(other.start()).rejects.toThrow(/belongs to the jobs home/);
});

test('close stops what runs as interrupted, and leaves no timer', async () => {
  const held = holding();
  const t = await SchedulerUnderTest.start({ 'a.yml': steps }, { scripts: { work: held.script } });
  t.scheduler.addJob('a');
  await held.began(1);
  await t.scheduler.close('stop');
  expect(t.clock.pending).toBe(0);
  t.scheduler = t.create();
  await t.scheduler.start();
  expect(t.scheduler.runs.get('a#1')).toMatchObject({
    state: 'interrupted',
    reason: 'Nightjar was stopped, in task work',
  });
});

test('runs are listed by the name of their job as by its id, also when its file is gone', async () => {
  const t = await SchedulerUnderTest.start({ 'etl/load.yml': `pipeline_name: orders\n${steps}`, 'other.yml': steps });
  const jobsOf = (job: string): string[] => t.scheduler.runs.list({ job, limit: 10 }).runs.map((run) => run.job);
  expect([jobsOf('orders'), jobsOf('nobody')]).toEqual([[], []]);
  t.scheduler.addJob('orders');
  t.scheduler.addJob('other');
  await t.until(['etl/load manual succeeded', 'other manual succeeded']);
  expect([jobsOf('orders'), jobsOf('etl/load')]).toEqual([['etl/load'], ['etl/load']]);
  expect(t.scheduler.runs.count({ job: 'orders' })).toEqual({ count: 1, all: 2 });
  await rm(join(t.folder, 'jobs', 'etl', 'load.yml'));
  await t.eventually(() => expect(t.scheduler.jobs.entries().map(({ id }) => id)).toEqual(['other']));
  expect(jobsOf('etl/load')).toEqual(['etl/load']);
});
