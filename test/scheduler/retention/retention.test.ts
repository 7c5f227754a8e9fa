import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logFolderOf } from '../../../electron/scheduler/log/log-book.ts';
import { isAgeDue } from '../../../electron/scheduler/retention/look.ts';
import { openDatabase } from '../../../electron/scheduler/store/open-database.ts';
import { KeepStore } from '../../../electron/scheduler/store/keep-store.ts';
import { HOUR, MINUTE, SchedulerUnderTest } from '../../support/scheduler-under-test.ts';
import type { Script } from '../../support/scripted-executor.ts';
import { T0 } from '../store/temporary-state.ts';
import { aHistory, DAY } from './a-history.ts';

const written: Script = async (execution) => {
  await execution.log.write('stdout', Buffer.from('done\n'));
  return { kind: 'exited', exitCode: 0 };
};
const JOB = 'steps: [{ name: one, command: "true" }]\nkeep: { runs: 2 }\n';

test('the end of a run sends away the one that is too many, and the ledger knows what is left', async () => {
  const under = await SchedulerUnderTest.start({ 'a.yml': JOB }, { scripts: { one: written } });
  const { scheduler } = under;
  for (let n = 1; n <= 3; n += 1) await scheduler.ended(scheduler.addJob('a').id);
  await under.eventually(() => expect(under.runs()).toHaveLength(2));
  const data = join(under.folder, 'data');
  await under.eventually(() => expect(existsSync(logFolderOf(data, 1))).toBe(false));
  expect(existsSync(logFolderOf(data, 2))).toBe(true);
  await under.eventually(async () => {
    const { jobs, freed } = await scheduler.storage.list();
    expect(jobs).toMatchObject([{ job: 'a', runs: 2, isGone: false, keep: { runs: 2, days: 90 } }]);
    expect(jobs[0]!.logBytes).toBeGreaterThan(0);
    expect(freed.runs).toBe(1);
  });
  expect(() => scheduler.runs.get('a#1')).toThrow('a#1 is not kept any more');
  expect(() => scheduler.runs.get('a#4')).toThrow('There is no run a#4');
});

test('an hourly look takes up what a crash left unmeasured, and a keep that was lowered', async () => {
  const under = await SchedulerUnderTest.start({ 'a.yml': JOB.replace('2', '9') }, { scripts: { one: written } });
  for (let n = 1; n <= 3; n += 1) await under.scheduler.ended(under.scheduler.addJob('a').id);
  await under.scheduler.close('stop');
  const db = openDatabase(join(under.folder, 'data', 'nightjar.db'));
  db.exec('UPDATE runs SET log_bytes = NULL, stats_bytes = NULL, artifact_bytes = NULL');
  db.close();
  await under.write('a.yml', JOB);
  await under.restart(MINUTE);
  await under.pass(70_000);
  await under.eventually(async () => {
    const { jobs } = await under.scheduler.storage.list();
    expect(jobs).toMatchObject([{ job: 'a', runs: 2 }]);
    expect(jobs[0]!.logBytes).toBeGreaterThan(0);
  });
});

test('a history is removed whole when somebody says so, and a job without one is told', async () => {
  const under = await SchedulerUnderTest.start({ 'a.yml': JOB });
  const { scheduler } = under;
  await scheduler.ended(scheduler.addJob('a').id);
  expect(await scheduler.storage.removeHistory('a')).toMatchObject({ runs: 1 });
  expect(under.runs()).toEqual([]);
  await expect(scheduler.storage.removeHistory('a')).rejects.toThrow('No run of a has ended');
});

test('files that a crash left of removed runs are swept, and those of runs that this database never had stay', async () => {
  const { folder, work, run, store } = await aHistory();
  const [first, second] = [run('a'), run('a')] as [number, number];
  await work.removeHistory({ job: 'a', now: T0 });
  const third = run('a');
  const place = (id: number) => logFolderOf(folder, id);
  for (const id of [first, second, 999, 5_000]) {
    mkdirSync(place(id), { recursive: true });
    writeFileSync(join(place(id), 'run.log'), 'left');
  }
  mkdirSync(join(folder, 'artifacts', '0', String(second)), { recursive: true });
  const { freed } = await work.tidy({ now: T0 });
  expect(freed.sizes).toEqual({ log: 8, stats: 0, artifacts: 0 });
  expect([first, second, third, 999, 5_000].map((id) => existsSync(place(id)))).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
  expect(existsSync(join(folder, 'artifacts', '0', String(second)))).toBe(false);
  expect(store.freedSince(T0).sizes.log).toBe(8);
});

test.each([
  ['a machine that is always on', { lookedAt: T0 - HOUR, agedAt: T0 - DAY }, true],
  ['twice a day', { lookedAt: T0 - HOUR, agedAt: T0 - 23 * HOUR }, false],
  ['the first look of all', { lookedAt: null, agedAt: null }, false],
  [
    'the first look after three weeks, or after a jump of the clock',
    { lookedAt: T0 - 21 * DAY, agedAt: T0 - 22 * DAY },
    false,
  ],
  ['the look an hour after that', { lookedAt: T0 - HOUR, agedAt: T0 - 22 * DAY }, true],
  ['a clock that was years ahead and is set right', { lookedAt: T0 + 900 * DAY, agedAt: T0 + 900 * DAY }, false],
])('ages are due or not: %s', (_when, looks, isDue) => {
  expect(isAgeDue(looks, T0)).toBe(isDue);
});

test('a job whose file is away keeps its own limits for a day, counted from when that was noticed', async () => {
  const { db } = await aHistory();
  const keeps = new KeepStore(db);
  const keep = { runs: 5_000, days: 365, bytes: 1 };
  keeps.see([['a', keep]], T0);
  const seen = (at: number, ...jobs: [string, typeof keep][]) => (keeps.see(jobs, at), keeps.all().get('a'));
  expect(seen(T0 + 30 * DAY)).toEqual(keep);
  expect(seen(T0 + 31 * DAY - 1)).toEqual(keep);
  expect(seen(T0 + 31 * DAY - 1, ['a', keep])).toEqual(keep);
  expect(seen(T0 + 40 * DAY)).toEqual(keep);
  expect(seen(T0 + 41 * DAY)).toBeUndefined();
});
