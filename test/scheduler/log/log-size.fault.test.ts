import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { LogReader } from '../../../electron/scheduler/log/log-reader.ts';
import { LogWriter } from '../../../electron/scheduler/log/log-writer.ts';
import { aFolder } from './a-log.ts';

const MB = 1_000_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function keptNow(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test('500 MB of log are written in flat memory, and none of the lines is missing', { timeout: 300_000 }, async () => {
  const folder = await aFolder();
  const writer = await LogWriter.open(folder, { clock: systemClock, secrets: ['swordfish-1234'] });
  const task = writer.taskLog(1);
  let number = 0;
  let written = 0;
  let peak = 0;
  // What is in use after a collection, every 50 MB: the resident size alone says how lazy the collector is on a large machine.
  const kept: number[] = [];
  while (written < 500 * MB) {
    let text = '';
    while (text.length < 64 * 1024) text += `line ${number++} ${'.'.repeat(number % 120)}\n`;
    await task.write(number % 2 === 0 ? 'stdout' : 'stderr', Buffer.from(text));
    written += text.length;
    const { rss } = process.memoryUsage();
    peak = Math.max(peak, rss);
    if (written >= (kept.length + 1) * 50 * MB) kept.push(keptNow());
  }
  await writer.close();
  console.log(
    `${Math.round(peak / MB)} MB resident at most; kept, in MB: ${kept.map((bytes) => Math.round(bytes / MB)).join(' ')}`,
  );
  // A moment may catch a batch on its way, of some 3 MB; one number for each line in between would be 40.
  expect(Math.min(...kept.slice(-3)) - Math.min(...kept.slice(0, 3))).toBeLessThan(10 * MB);
  expect(peak).toBeLessThan(400 * MB);
  const reader = new LogReader(folder);
  expect(await reader.total({})).toBe(number);
  expect(writer.bytes).toBe(written);
  for (let at = 0; at < number; at += Math.ceil(number / 500)) {
    expect((await reader.line(at))?.text).toMatch(new RegExp(`^line ${at} `));
  }
});
