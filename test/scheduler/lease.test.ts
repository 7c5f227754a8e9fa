import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { Lease } from '../../electron/scheduler/lease.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { T0, temporaryFolder } from './store/temporary-state.ts';

const MODULE = new URL('../../electron/scheduler/lease.ts', import.meta.url).href;

function join(folder: string, version = '1.0.0', at = T0): Lease {
  const lease = Lease.open(folder, { version, host: 'headless', clock: new FakeClock(at) });
  onTestFinished(() => lease.close());
  return lease;
}

const files = (folder: string) => fs.readdirSync(path.join(folder, 'locks')).sort();

/** Another process that joins, takes the lease, and lives until it is killed. */
async function otherProcess(folder: string) {
  const code = `
    const { Lease } = await import(${JSON.stringify(MODULE)});
    const lease = Lease.open(${JSON.stringify(folder)}, { version: '2.0.0', host: 'desktop', clock: { now: () => ${T0 + 5} } });
    console.log(JSON.stringify([lease.instance, lease.tryTakeLease()]));
    setInterval(() => lease.isHeld, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const [instance, hasLease] = JSON.parse(line) as [string, boolean];
  return {
    instance,
    hasLease,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('the lease is one instance’s at a time, also within one process, and free again when it is given up', async () => {
  const folder = await temporaryFolder();
  const [older, newer] = [join(folder), join(folder)];
  expect([older.tryTakeLease(), newer.tryTakeLease(), older.tryTakeLease()]).toEqual([true, false, true]);
  older.releaseLease();
  expect([newer.tryTakeLease(), older.tryTakeLease(), older.isHeld]).toEqual([true, false, false]);
});

test('the older learns that a newer asks, until the newer has the lease', async () => {
  const folder = await temporaryFolder();
  const [older, newer] = [join(folder), join(folder)];
  older.tryTakeLease();
  expect(older.leaseIsWanted()).toBe(false);
  newer.askForLease();
  expect([older.leaseIsWanted(), newer.leaseIsWanted()]).toEqual([true, false]);
  older.releaseLease();
  newer.tryTakeLease();
  expect([older.leaseIsWanted(), newer.leaseIsWanted()]).toEqual([false, false]);
});

test('nobody hears an instance that asked and ended', async () => {
  const folder = await temporaryFolder();
  const [older, newer] = [join(folder), join(folder)];
  older.tryTakeLease();
  newer.askForLease();
  newer.close();
  expect(older.leaseIsWanted()).toBe(false);
});

test('an instance lives until it closes, and leaves no file behind', async () => {
  const folder = await temporaryFolder();
  const [a, b] = [join(folder), join(folder, '1.1.0', T0 + 1)];
  expect([a.isAlive(a.instance), a.isAlive(b.instance), a.isAlive('never-was')]).toEqual([true, true, false]);
  expect(a.others()).toEqual([
    { id: b.instance, pid: process.pid, version: '1.1.0', host: 'headless', startedAt: T0 + 1 },
  ]);
  b.close();
  expect(a.isAlive(b.instance)).toBe(false);
  expect(a.others()).toEqual([]);
  expect(files(folder)).toEqual([`${a.instance}.json`, `${a.instance}.lock`]);
});

test('kill -9 of the instance that schedules frees its lease and its life at once', async () => {
  const folder = await temporaryFolder();
  const other = await otherProcess(folder);
  const mine = join(folder);
  expect(other.hasLease).toBe(true);
  expect([mine.tryTakeLease(), mine.isAlive(other.instance)]).toEqual([false, true]);
  expect(mine.others()).toMatchObject([{ id: other.instance, version: '2.0.0', host: 'desktop' }]);
  await other.kill();
  expect(mine.isAlive(other.instance)).toBe(false);
  expect(mine.deadOwners([other.instance, mine.instance, 'never-was'])).toEqual([other.instance, 'never-was']);
  expect(mine.tryTakeLease()).toBe(true);
});

test('the next to open sweeps away what a killed instance left, and nothing of the living', async () => {
  const folder = await temporaryFolder();
  const [dead, living] = await Promise.all([otherProcess(folder), otherProcess(folder)]);
  await dead.kill();
  const mine = join(folder);
  const left = files(folder).filter((name) => !name.startsWith('lease.'));
  expect(left).toEqual([mine, living].flatMap(({ instance }) => [`${instance}.json`, `${instance}.lock`]).sort());
});

test('looking at a living instance’s lock does not take it from it', async () => {
  const folder = await temporaryFolder();
  const [a, b] = [join(folder), join(folder)];
  for (let look = 0; look < 50; look++) expect(b.isAlive(a.instance)).toBe(true);
  const other = await otherProcess(folder);
  expect(b.isAlive(a.instance) && b.isAlive(other.instance)).toBe(true);
});
