import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LogReader } from '../../../electron/scheduler/log/log-reader.ts';
import { aFolder } from './a-log.ts';
import { STREAMS, everything, write } from './write-until-killed.ts';

const CHILD = fileURLToPath(new URL('./write-until-killed.ts', import.meta.url));

async function killedAfter(ms: number, folder: string): Promise<void> {
  const child = spawn(process.execPath, [CHILD, 'child', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  await exited;
  clearTimeout(timer);
}

test('a writer killed 20 times at random moments has every line once, in order', { timeout: 300_000 }, async () => {
  const folder = await aFolder();
  const reader = new LogReader(folder);
  let kept = 0;
  for (let round = 0; round < 20; round++) {
    await killedAfter(Math.random() * 100, folder);
    const total = await reader.total({});
    expect(total).toBeGreaterThanOrEqual(kept);
    kept = total;
  }
  console.log(`${kept} of 120000 lines were written by processes that were killed`);
  expect(kept).toBeGreaterThan(0);
  await write(folder);
  for (const { taskRunId, stream } of STREAMS) {
    const lines = everything(taskRunId).toString().split('\n').slice(0, -1);
    for (let at = 0; at < lines.length; at += 5_000) {
      const slice = await reader.slice({ taskRunIds: [taskRunId], streams: [stream] }, at, 5_000);
      expect(slice.total).toBe(lines.length);
      expect(slice.lines.map((line) => line.text)).toEqual(lines.slice(at, at + 5_000));
    }
  }
});
