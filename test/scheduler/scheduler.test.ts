import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { breathe, HOUR, MINUTE, SchedulerUnderTest, SECOND } from '../support/scheduler-under-test.ts';
import type { Script } from '../support/scripted-executor.ts';

const steps = 'steps: [{ name: work, command: "true" }]\n';
const hourly = `scheduler: '0 * * * *'\ntimezone: UTC\n${steps}`;
const minutely = `scheduler: '* * * * *'\ntimezone: UTC\n${steps}`;
/** Holds every task until the test ends it, in the order in which they began. */
function holding() {
  const ends: (() => void)[] = [];
  let began = 0;
  let isOver = false;
  return {
    script: ((execution) =>
      new Promise((resolve) => {
        began += 1;
        const end = (): void => resolve({ kind: 'exited', exitCode: 0 });
        if (isOver) end();
        else ends.push(end);
        execution.signal.addEventListener('abort', () => resolve({ kind: 'stopped', exitCode: 143 }));
      })) satisfies Script,
    /** Resolves when so many tasks have begun, all in all. */
    began: (count: number) => vi.waitFor(() => expect(began).toBeGreaterThanOrEqual(count), { timeout: 5_000 }),
    /** Ends the one that began first. */
    endOne: async () => {
      await vi.waitFor(() => expect(ends.length).toBeGreaterThan(0), { timeout: 5_000 });
      ends.shift()?.();
    },
    /** Ends all, and those that are still to begin. */
    endAll: () => {
      isOver = true;
      ends.splice(0).forEach((end) => end());
    },
  };
}

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

test('two hundred jobs due at once never exceed the limit, and each runs once', async () => {
  const files: Record<string, string> = { 'nightjar.yml': 'max_parallel_runs: 7\n' };
  for (let index = 0; index < 200; index += 1) files[`job-${index}.yml`] = hourly;
  let now = 0;
  let most = 0;
  const work: Script = async () => {
    most = Math.max(most, ++now);
    await breathe();
    now -= 1;
    return { kind: 'exited', exitCode: 0 };
  };
  const t = await SchedulerUnderTest.start(files, { at: '2026-03-02T08:59:59Z', scripts: { work } });
  await t.pass(2 * SECOND);
  await vi.waitFor(() => expect(t.scheduler.runs.count({ states: ['succeeded'] }).count).toBe(200), {
    timeout: 15_000,
  });
  expect(most).toBe(7);
  expect(new Set(t.scheduler.runs.list({ limit: 1_000 }).runs.map(({ job }) => job)).size).toBe(200);
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

test('a pause queues nothing: its gap is one skipped row; a manual run passes', async () => {
  const t = await SchedulerUnderTest.start({ 'tick.yml': minutely });
  t.scheduler.queue.pause(undefined, null);
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
  await vi.waitFor(() => expect(t.scheduler.jobs.list()[0]?.state).toBe('idle'), { timeout: 3_000 });
  await t.pass(MINUTE);
  await t.until(['tick scheduled skipped 2', 'tick scheduled succeeded']);
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
  await vi.waitFor(() => expect(t.waiting()[0]).toMatch(/^a: Retry 2 of 3 at \d\d:\d\d\.$/));
  await t.pass(61 * SECOND);
  await vi.waitFor(() => expect(t.waiting()[0]).toMatch(/^a: Retry 3 of 3/));
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
  await vi.waitFor(() => expect(t.scheduler.jobs.get('b').definition?.variables).toEqual({ WHO: 'new' }), {
    timeout: 3_000,
  });
  held.endAll();
  await t.until(['a manual succeeded', 'b manual succeeded']);
  expect(seen).toEqual(['old']);
});

test('a file that turns bad keeps running its last valid version, and says what is wrong', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': steps });
  await t.write('a.yml', 'taks: 1\n');
  await vi.waitFor(() => expect(t.scheduler.jobs.list()[0]?.problems[0]?.message).toContain('taks'), {
    timeout: 3_000,
  });
  t.scheduler.addJob('a');
  await t.until(['a manual succeeded']);
});

test('a job without a valid version cannot be run next, and the sentence says why', async () => {
  const t = await SchedulerUnderTest.start({ 'a.yml': 'taks: 1\n' });
  expect(() => t.scheduler.addJob('a')).toThrow(/^a cannot run: a\.yml:1: unknown key `taks`/);
  expect(() => t.scheduler.addJob('nope')).toThrow(/nope/);
});

test('a deleted file takes its job and its due moments away; its history stays', async () => {
  const t = await SchedulerUnderTest.start({ 'tick.yml': minutely });
  await t.pass(MINUTE);
  await t.until(['tick scheduled succeeded']);
  await rm(join(t.folder, 'jobs', 'tick.yml'));
  await vi.waitFor(() => expect(t.scheduler.jobs.list()).toEqual([]), { timeout: 3_000 });
  await t.pass(2 * MINUTE);
  expect(t.runs()).toEqual(['tick scheduled succeeded']);
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

test('a coming occurrence that the user took out is recorded in place of being run', async () => {
  const t = await SchedulerUnderTest.start({ 'tick.yml': minutely });
  const [first, second] = t.scheduler.jobs.upcoming(1, 2);
  t.scheduler.jobs.skip('tick', first!.dueAt);
  expect(t.scheduler.jobs.upcoming(1, 1)[0]?.dueAt).toBe(second!.dueAt);
  await t.pass(2 * MINUTE);
  await t.until(['tick scheduled skipped 1', 'tick scheduled succeeded']);
});

test('a second instance takes over: the older one starts nothing more and finishes its run', async () => {
  const held = holding();
  const files = { 'a.yml': steps, 'b.yml': steps };
  const t = await SchedulerUnderTest.start(files, { scripts: { work: held.script } });
  t.scheduler.addJob('a');
  await t.until(['a manual running']);
  const newer = t.create();
  const started = newer.start();
  await vi.waitFor(async () => {
    await t.pass(SECOND);
    await expect(Promise.race([t.scheduler.superseded.then(() => 'superseded'), breathe()])).resolves.toBe(
      'superseded',
    );
  });
  const closed = t.scheduler.close('drain');
  await started;
  newer.addJob('a');
  newer.addJob('b');
  await vi.waitFor(() => expect(newer.status()).toMatchObject({ running: 2, queued: 1, olderRuns: 1 }));
  expect(newer.queue.get().waiting[0]?.reason).toBe('Already running.');
  held.endAll();
  await closed;
  await vi.waitFor(async () => {
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
