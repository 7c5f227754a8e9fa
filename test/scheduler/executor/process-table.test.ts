import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { processTable } from '../../../electron/scheduler/executor/process-table.ts';

test.runIf(process.platform === 'linux')(
  'who is younger than a process is found, and after a lap of pids nobody is left out',
  async () => {
    const pids = async (pid: number, ageMs: number) => (await processTable.listSince(pid, ageMs)).map((row) => row.pid);
    const older = await sleeper();
    const younger = await sleeper();
    expect(await pids(older, 1)).toContain(younger);
    expect(await pids(younger, 1)).not.toContain(older);
    // So old that pids may have begun anew; and a pid that none can have yet, so that they must have.
    expect(await pids(younger, 1e12)).toEqual(expect.arrayContaining([older, younger, process.pid]));
    expect(await pids(2 ** 30, 1)).toEqual(expect.arrayContaining([older, younger, process.pid]));
  },
);

async function sleeper(): Promise<number> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child.pid as number;
}
