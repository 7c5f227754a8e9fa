import { spawnSync } from 'node:child_process';
import { readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { FEW_LINES } from '../../../electron/scheduler/log/log-index.ts';
import { LogReader } from '../../../electron/scheduler/log/log-reader.ts';
import { LogWriter } from '../../../electron/scheduler/log/log-writer.ts';
import { aFolder, allLines, bytes } from './a-log.ts';

/** A disk of 4 MiB; undefined where this user may not mount one. */
async function smallDisk(): Promise<string | undefined> {
  const folder = await aFolder();
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'nightjar-test', folder]);
  if (status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  return folder;
}

const LINE = `${'x'.repeat(99)}\n`;

test('a full disk is told to who writes, what is stored agrees with itself, and with room again nothing is lost', async ({
  skip,
}) => {
  const disk = await smallDisk();
  if (disk === undefined) return skip('a small disk can only be mounted by root');
  const folder = join(disk, 'log');
  const ballast = join(disk, 'ballast');
  await writeFile(ballast, Buffer.alloc(3_000_000));
  const writer = await LogWriter.open(folder, { clock: systemClock });
  const task = writer.taskLog(1);
  let accepted = 0;
  const fill = async () => {
    for (; accepted < 100_000; accepted += 100) await task.write('stdout', bytes(LINE.repeat(100)));
  };
  await expect(fill()).rejects.toMatchObject({ code: 'disk-full', message: /disk is full/ });
  await expect(writer.flush()).rejects.toMatchObject({ code: 'disk-full' });
  const stored = await new LogReader(folder).slice({ taskRunIds: [1] }, 0, 5_000);
  expect(stored.total).toBe(writer.lines);
  expect(stored.lines.every((line) => line.text.length === 99)).toBe(true);

  const taken = task.consumed('stdout');
  await rm(ballast);
  writer.note(1, 'stopped: the disk was full');
  await writer.close();
  const lines = await allLines(folder);
  expect(lines.map((line) => line.number)).toEqual(lines.map((_, i) => i));
  expect(lines).toHaveLength(taken / LINE.length + 1);
  expect(lines.at(-1)?.text).toBe('stopped: the disk was full');
});

test('a disk that is full when a log gets its lists costs no line of any attempt', async ({ skip }) => {
  const disk = await smallDisk();
  if (disk === undefined) return skip('a small disk can only be mounted by root');
  const folder = join(disk, 'log');
  const writer = await LogWriter.open(folder, { clock: systemClock });
  for (const id of [1, 2]) {
    await writer.taskLog(id).write('stdout', bytes('x\n'.repeat(FEW_LINES / 2)));
    await writer.endAttempt(id);
  }
  const ballast = join(disk, 'ballast');
  // One list has a page left for it, the other has not.
  const { bfree, bsize } = await statfs(disk);
  await writeFile(ballast, Buffer.alloc((bfree - 1) * bsize));
  await writer.taskLog(2).write('stdout', bytes('y\n'));
  await expect(writer.flush()).rejects.toMatchObject({ code: 'disk-full' });
  const reader = new LogReader(folder);
  expect([await reader.total({ taskRunIds: [1] }), await reader.total({ taskRunIds: [2] })]).toEqual([256, 256]);

  await rm(ballast);
  await writer.close();
  expect([await reader.total({ taskRunIds: [1] }), await reader.total({ taskRunIds: [2] })]).toEqual([256, 257]);
  expect((await reader.slice({ taskRunIds: [2] }, -1, 1)).lines[0]).toMatchObject({ number: FEW_LINES, text: 'y' });
});

test('a log that is closed while the disk is full keeps what was stored, and goes on later', async ({ skip }) => {
  const disk = await smallDisk();
  if (disk === undefined) return skip('a small disk can only be mounted by root');
  const folder = join(disk, 'log');
  const writer = await LogWriter.open(folder, { clock: systemClock });
  const task = writer.taskLog(1);
  const fill = async () => {
    for (;;) await task.write('stdout', bytes(LINE.repeat(100)));
  };
  await expect(fill()).rejects.toMatchObject({ code: 'disk-full' });
  await expect(writer.close()).rejects.toMatchObject({ code: 'disk-full' });
  expect(await readFile(join(folder, 'run.log'), 'utf8')).toBe(LINE.repeat(writer.lines));

  const again = await LogWriter.open(folder, { clock: systemClock });
  expect(again.lines).toBe(writer.lines);
  expect(again.taskLog(1).consumed('stdout')).toBe(writer.lines * LINE.length);
  await again.close();
});
