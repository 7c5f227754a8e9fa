import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DiskReserve } from '../../electron/scheduler/disk-reserve.ts';
import { temporaryFolder } from './store/temporary-state.ts';

const full = () => Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });

test('a write on a full disk frees the reserve and is tried again, and only then the rest is told', async () => {
  const folder = await temporaryFolder();
  const told: string[] = [];
  const disk = new DiskReserve(folder, () => told.push('full'));
  expect(disk.hold()).toBe(true);
  expect(statSync(join(folder, 'reserve')).size).toBe(8 * 1024 * 1024);
  const result = disk.write(() => {
    told.push('try');
    if (told.length === 1) throw full();
    return 'written';
  });
  expect([result, told, disk.isFull]).toEqual(['written', ['try', 'try', 'full'], true]);
  expect(existsSync(join(folder, 'reserve'))).toBe(false);
  expect([disk.hold(), disk.isFull]).toEqual([true, false]);
});

test('a write that finds no room twice throws, and the rest is told all the same; other mistakes are not tried again', async () => {
  const told: string[] = [];
  const disk = new DiskReserve(await temporaryFolder(), () => told.push('full'));
  const fail = (error: Error) => () =>
    disk.write(() => {
      told.push('try');
      throw error;
    });
  expect(fail(new Error('busy'))).toThrow('busy');
  expect([told, disk.isFull]).toEqual([['try'], false]);
  expect(fail(full())).toThrow('database or disk is full');
  expect([told, disk.isFull]).toEqual([['try', 'try', 'try', 'full'], true]);
});
