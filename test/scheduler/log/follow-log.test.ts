import { expect, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { followLog } from '../../../electron/scheduler/log/follow-log.ts';
import { LogReader } from '../../../electron/scheduler/log/log-reader.ts';
import type { LogLine } from '../../../electron/scheduler/log/log-slice.ts';
import { aLog, bytes, texts } from './a-log.ts';

function collector() {
  const lines: LogLine[] = [];
  let check = () => {};
  return {
    lines,
    onLines: (more: readonly LogLine[]) => {
      lines.push(...more);
      check();
    },
    until: (count: number) =>
      new Promise<void>((resolve) => {
        check = () => lines.length >= count && resolve();
        check();
      }),
  };
}

test('a follower gets every line once, in order, while the log is being written, and the rest when it finishes', async () => {
  const { reader, writer, task, clock } = await aLog();
  const { lines, onLines, until } = collector();
  await task.write('stdout', bytes('line 0\n'));
  await writer.flush();
  const follower = followLog(reader, { clock, selection: {}, from: 0, onLines });
  await until(1);
  for (let i = 1; i < 5_000; i++) {
    await task.write('stdout', bytes(`line ${i}\n`));
    if (i % 500 === 0) await writer.flush();
  }
  await writer.close();
  await follower.finish();
  expect(texts(lines)).toEqual(Array.from({ length: 5_000 }, (_, i) => `line ${i}`));
  expect(clock.pending).toBe(0);
});

test('a follower begins with the last lines where it is told so, and sees its selection only', async () => {
  const { reader, writer, task, clock } = await aLog();
  await task.write('stdout', bytes('a\nb\nc\n'));
  await task.write('stderr', bytes('d\n'));
  await writer.flush();
  const { lines, onLines } = collector();
  await followLog(reader, { clock, selection: { streams: ['stdout'] }, from: -2, onLines }).finish();
  expect(texts(lines)).toEqual(['b', 'c']);
});

test('a log that another process writes is followed too', async () => {
  const { folder, writer, task } = await aLog();
  const { lines, onLines, until } = collector();
  const follower = followLog(new LogReader(folder), { clock: systemClock, selection: {}, from: 0, onLines });
  await task.write('stdout', bytes('a\n'));
  await writer.flush();
  await until(1);
  await task.write('stdout', bytes('b\n'));
  await writer.flush();
  await until(2);
  await follower.stop();
  expect(texts(lines)).toEqual(['a', 'b']);
});

test('a slow reader is waited for, and after it stopped it gets nothing', async () => {
  const { reader, writer, task, clock } = await aLog();
  let calls = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await task.write('stdout', bytes('x\n'.repeat(2_500)));
  await writer.flush();
  const called = Promise.withResolvers<void>();
  const onLines = async () => {
    calls++;
    called.resolve();
    await released;
  };
  const follower = followLog(reader, { clock, selection: {}, from: 0, onLines });
  await called.promise;
  const stopped = follower.stop();
  release();
  await stopped;
  expect(calls).toBe(1);
});

test('what the reader throws is told to who stops', async () => {
  const { reader, writer, task, clock } = await aLog();
  await task.write('stdout', bytes('x\n'));
  await writer.flush();
  const onLines = () => {
    throw new Error('EPIPE');
  };
  await expect(followLog(reader, { clock, selection: {}, from: 0, onLines }).finish()).rejects.toThrow('EPIPE');
});

test('a follower that finishes hands over more lines than fit into one call', async () => {
  const { reader, writer, task, clock } = await aLog();
  const long = 'x'.repeat(600_000);
  await task.write('stdout', bytes(`${'short\n'.repeat(2_500)}${`${long}\n`.repeat(3)}`));
  await writer.flush();
  const all = collector();
  await followLog(reader, { clock, selection: {}, from: 0, onLines: all.onLines }).finish();
  expect(all.lines.map((line) => line.number)).toEqual(Array.from({ length: 2_503 }, (_, i) => i));
  const last = collector();
  await followLog(reader, { clock, selection: {}, from: -3, onLines: last.onLines }).finish();
  expect(last.lines.map((line) => line.number)).toEqual([2_500, 2_501, 2_502]);
});

test('a follower that is stopped at once gets nothing', async () => {
  const { reader, writer, task, clock } = await aLog();
  await task.write('stdout', bytes('x\n'));
  await writer.flush();
  const { lines, onLines } = collector();
  await followLog(reader, { clock, selection: {}, from: -1, onLines }).stop();
  const follower = followLog(reader, { clock, selection: {}, from: 0, onLines });
  await follower.stop();
  expect(lines).toEqual([]);
});
