import { expect, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { LogReader } from '../../../electron/scheduler/log/log-reader.ts';
import { LogWriter } from '../../../electron/scheduler/log/log-writer.ts';
import { aFolder } from './a-log.ts';

const MB = 1_000_000;

test('500 MB of log are written in flat memory, and none of the lines is missing', { timeout: 120_000 }, async () => {
  const folder = await aFolder();
  const writer = await LogWriter.open(folder, { clock: systemClock, secrets: ['swordfish-1234'] });
  const task = writer.taskLog(1);
  let number = 0;
  let written = 0;
  let afterFirst = 0;
  let peak = 0;
  while (written < 500 * MB) {
    let text = '';
    while (text.length < 64 * 1024) text += `line ${number++} ${'.'.repeat(number % 120)}\n`;
    await task.write(number % 2 === 0 ? 'stdout' : 'stderr', Buffer.from(text));
    written += text.length;
    const { rss } = process.memoryUsage();
    if (written > 50 * MB && afterFirst === 0) afterFirst = rss;
    peak = Math.max(peak, rss);
  }
  await writer.close();
  console.log(`rss ${Math.round(afterFirst / MB)} MB after 50 MB of log, ${Math.round(peak / MB)} MB at most`);
  expect(peak - afterFirst).toBeLessThan(100 * MB);
  const reader = new LogReader(folder);
  expect(await reader.total({})).toBe(number);
  expect(writer.bytes).toBe(written);
  for (let at = 0; at < number; at += Math.ceil(number / 500)) {
    expect((await reader.line(at))?.text).toMatch(new RegExp(`^line ${at} `));
  }
});
