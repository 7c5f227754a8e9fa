import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { job, task } from '../support/definitions.ts';
import { holding } from '../support/holding.ts';
import { breathe, MINUTE, SchedulerUnderTest, SECOND } from '../support/scheduler-under-test.ts';
import type { Script } from '../support/scripted-executor.ts';

const steps = 'steps: [{ name: work, command: "true" }]\n';
const fails: Script = () => ({ kind: 'exited', exitCode: 1 });

test('a listener that throws is reported and keeps no run from ending', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': steps });
  const heard: string[] = [];
  const forget = t.scheduler.on(() => {
    throw new Error('no listener of mine');
  });
  t.scheduler.on((event) => heard.push(event));
  t.scheduler.addJob('a');
  await t.until(['a manual succeeded']);
  forget();
  expect(heard).toContain('run.changed');
  expect(String(t.bugs.splice(0)[0])).toContain('no listener of mine');
});

test('a start that waits for an older instance ends when it is closed, and leaves nothing behind', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': steps });
  const locks = () => readdirSync(join(t.folder, 'data', 'locks')).filter((name) => name.endsWith('.lock'));
  const before = locks();
  const newer = t.create();
  const started = newer.start();
  started.catch(() => {});
  await t.eventually(() => expect(locks()).toHaveLength(before.length + 1));
  await breathe();
  await newer.close('drain');
  await expect(started).rejects.toThrow('Nightjar was told to end before it had started.');
  expect(locks()).toEqual(before);
  t.scheduler.addJob('a');
  await t.until(['a manual succeeded']);
});

test('a start that fails gives up its place, and can be closed', async () => {
  const t = await SchedulerUnderTest.start({});
  const other = t.create({ jobsHome: join(t.folder, 'elsewhere') });
  await expect(other.start()).rejects.toThrow(/belongs to the jobs home/);
  await other.close('stop');
  const locks = readdirSync(join(t.folder, 'data', 'locks')).filter((name) => /^[0-9a-f-]{36}\.lock$/.test(name));
  expect(locks).toHaveLength(1);
});

test('a shutdown that follows a drain does not wait for what ignores its signal', async () => {
  const deaf: Script = () => new Promise(() => {});
  const t = await SchedulerUnderTest.start({ 'a.yml': steps }, { scripts: { work: deaf } });
  t.scheduler.addJob('a');
  await t.until(['a manual running']);
  const drained = t.scheduler.close('drain');
  await breathe();
  const at = performance.now();
  await t.scheduler.close('shutdown');
  await drained;
  // It waits two seconds of the three that it has, and without that limit for ever; the rest is this machine's.
  expect(performance.now() - at).toBeLessThan(10_000);
  t.scheduler = t.create();
  await t.scheduler.start();
  expect(t.scheduler.runs.get('a#1')).toMatchObject({ state: 'interrupted', reason: 'the machine was shut down' });
});

test('a run of another instance is told of from its beginning to its end, also where it is short', async () => {
  const held = holding();
  const t = await SchedulerUnderTest.start({ 'a.yml': steps }, { scripts: { work: held.script } });
  expect(t.scheduler.jobs.list()[0]).toMatchObject({ id: 'a', last: null });
  const heard: string[] = [];
  t.scheduler.on((event, key) => heard.push(`${event} ${key ?? ''}`.trim()));
  const other = t.create({ isScheduling: false });
  await other.start();
  const { id } = other.runNow(job('a', { steps: [{ name: 'g', tasks: [task('work')] }] }));
  await t.pass(6 * SECOND);
  await t.eventually(() => expect(heard).toContain(`run.changed ${id}`));
  heard.length = 0;
  held.endAll();
  await other.ended(id);
  await t.pass(6 * SECOND);
  await t.eventually(() => expect(heard).toEqual(expect.arrayContaining([`run.changed ${id}`, 'jobs.changed'])));
  expect(t.scheduler.jobs.list()[0]).toMatchObject({ last: { id, state: 'succeeded' }, strip: [{ id }] });
  await other.close('stop');
});

test('a run whose end could not be written is ended as soon as it can be', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': steps });
  const db = new Sqlite(join(t.folder, 'data', 'nightjar.db'));
  db.exec(
    `CREATE TRIGGER refuse BEFORE UPDATE OF state ON runs WHEN NEW.state = 'succeeded' BEGIN SELECT RAISE(ABORT, 'no end'); END`,
  );
  t.scheduler.addJob('a');
  await t.eventually(() => expect(t.bugs.map(String).join()).toContain('no end'));
  db.exec('DROP TRIGGER refuse');
  db.close();
  await t.pass(6 * SECOND);
  await t.until(['a manual succeeded']);
  expect(t.executor.calls).toEqual(['start work', 'end work']);
  t.bugs.length = 0;
});

test('a run whose cancelling another instance has asked for is not tried again, and its handlers are told', async () => {
  const held = holding();
  const again = `retry: { limit: 3, interval: 10s }\n${steps}on_failure: [{ name: tell, command: "true" }]\n`;
  const t = await SchedulerUnderTest.start(
    { 'a.yml': again },
    { scripts: { work: async (execution) => (await held.script(execution), fails(execution)) } },
  );
  t.scheduler.addJob('a');
  await held.began(1);
  const other = t.create({ isScheduling: false });
  await other.start();
  other.runs.cancel('a#1');
  held.endAll();
  await t.until(['a manual failed']);
  expect(t.executor.calls).toEqual(['start work', 'end work', 'start tell', 'end tell']);
  await other.close('stop');
});

test('a handler that fails does not try the whole run again', async () => {
  const t = await SchedulerUnderTest.start(
    { 'a.yml': `retry: { limit: 3, interval: 10s }\n${steps}on_success: [{ name: tell, command: "true" }]\n` },
    { scripts: { tell: fails } },
  );
  t.scheduler.addJob('a');
  await t.until(['a manual failed']);
  await t.pass(MINUTE);
  expect(t.executor.calls).toEqual(['start work', 'end work', 'start tell', 'end tell']);
});

test('run again as it was runs that version, also while a newer one waits', async () => {
  const held = holding();
  const seen: unknown[] = [];
  const work: Script = (execution) => {
    seen.push(execution.environment['WHO']);
    return held.script(execution);
  };
  const said = (who: string): string => `variables: { WHO: ${who} }\n${steps}`;
  const t = await SchedulerUnderTest.start({ 'a.yml': said('old') }, { scripts: { work } });
  t.scheduler.addJob('a');
  await held.began(1);
  await t.write('a.yml', said('new'));
  await t.eventually(() => expect(t.scheduler.jobs.get('a').definition?.variables).toEqual({ WHO: 'new' }));
  t.scheduler.addJob('a');
  t.scheduler.runs.again('a#1', 'same', 'start');
  held.endAll();
  await t.until(Array(3).fill('a manual succeeded'));
  expect(seen).toEqual(['old', 'old', 'new']);
});

test('a retry whose moment moved a day away, because the clock was set back, is not waited for', async () => {
  let attempts = 0;
  const work: Script = () => ({ kind: 'exited', exitCode: ++attempts < 2 ? 1 : 0 });
  const t = await SchedulerUnderTest.start(
    { 'a.yml': `retry: { limit: 1, interval: 60s }\n${steps}` },
    { scripts: { work } },
  );
  t.scheduler.addJob('a');
  await t.eventually(() => expect(t.waiting()[0]).toMatch(/^a: Retry 2 of 2/));
  t.clock.jump(-24 * 60 * MINUTE);
  await t.pass(6 * SECOND);
  await t.until(['a manual succeeded']);
});

test('a laptop that sleeps past the moment of a retry makes it up when it wakes', async () => {
  let attempts = 0;
  const work: Script = () => ({ kind: 'exited', exitCode: ++attempts < 2 ? 1 : 0 });
  const t = await SchedulerUnderTest.start(
    { 'a.yml': `retry: { limit: 1, interval: 30m }\n${steps}` },
    { scripts: { work } },
  );
  t.scheduler.addJob('a');
  await t.eventually(() => expect(t.waiting()[0]).toMatch(/^a: Retry 2 of 2/));
  t.clock.jump(8 * 60 * MINUTE);
  await t.pass(6 * SECOND);
  await t.until(['a manual succeeded']);
});

test('a waiting run keeps its definition when its file goes, and a running one goes on', async () => {
  const held = holding();
  const files = { 'a.yml': steps, 'b.yml': steps, 'nightjar.yml': 'max_parallel_runs: 1\n' };
  const t = await SchedulerUnderTest.start(files, { scripts: { work: held.script } });
  t.scheduler.addJob('a');
  await held.began(1);
  t.scheduler.addJob('b');
  await rm(join(t.folder, 'jobs', 'a.yml'));
  await rm(join(t.folder, 'jobs', 'b.yml'));
  await t.eventually(() => expect(t.scheduler.jobs.list()).toEqual([]));
  held.endAll();
  await t.until(['a manual succeeded', 'b manual succeeded']);
});

test('what a crash left in an engine is looked for soon after the start, and only where there may be any', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': steps });
  await t.pass(10 * SECOND);
  expect(t.reaps).toBe(0);
  await t.write('b.yml', 'steps: [{ name: work, image: busybox, command: "true" }]\n');
  await t.restart(MINUTE);
  await breathe();
  expect(t.reaps).toBe(0);
  await t.pass(6 * SECOND);
  await t.eventually(() => expect(t.reaps).toBe(1));
});
