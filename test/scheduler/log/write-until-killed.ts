import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { LogWriter } from '../../../electron/scheduler/log/log-writer.ts';

/**
 * A process to be killed: writes two streams, which are always the same, from where the log says that it goes on. `killed.fault`
 * tests read them again.
 */
export const STREAMS = [
  { taskRunId: 1, stream: 'stdout' },
  { taskRunId: 2, stream: 'stderr' },
] as const;

export function everything(taskRunId: number): Buffer {
  const lines = Array.from(
    { length: 60_000 },
    (_, i) => `task ${taskRunId} line ${i} ${'.'.repeat((i * taskRunId) % 70)}\n`,
  );
  return Buffer.from(lines.join(''));
}

export async function write(folder: string, pace = async () => {}): Promise<void> {
  const writer = await LogWriter.open(folder, { clock: systemClock, secrets: ['a secret'] });
  const rest = STREAMS.map(({ taskRunId, stream }) => {
    const task = writer.taskLog(taskRunId);
    return { task, stream, bytes: everything(taskRunId).subarray(task.consumed(stream)) };
  });
  // Chunks of an odd length, so that lines are cut anywhere.
  for (let at = 0; rest.some(({ bytes }) => at < bytes.length); at += 1_237) {
    for (const { task, stream, bytes } of rest) await task.write(stream, bytes.subarray(at, at + 1_237));
    await pace();
  }
  await writer.close();
}

if (process.argv[2] === 'child') {
  let hasBegun = false;
  await write(process.argv[3]!, async () => {
    if (!hasBegun) process.stdout.write('begun\n');
    hasBegun = true;
    // Slow enough to be killed in the middle, with batches of every size.
    await setTimeout(Math.random() * 3);
  });
}
