import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { mebibytes } from './measure.ts';
import { ROOT, said, serve, spawnServe } from './nightjar.ts';
import { LIBRARIES, writeHundredJobs } from './ready.bench.ts';
import type { Row } from './row.ts';
import { turnsFinding } from './turns.ts';

/** In the tray, with no window open. What a start leaves to do is done by then. */
const SETTLE_MS = 20_000;
const IDLE_MS = 60_000;
const TURNS_MS = 30_000;
/** Of Linux: a clock tick of /proc/<pid>/stat, which is 100 a second wherever Node runs. */
const TICKS_A_SECOND = 100;

export default {
  title: 'Idle with 1,000 jobs, nothing due for a minute',
  async run(folder) {
    writeHundredJobs(folder, 1_000);
    const served = spawnServe(folder);
    await said(served, 'open http');
    const bare = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `await Promise.all(${JSON.stringify(LIBRARIES)}.map((name) => import(name))); setInterval(() => {}, 1e6); console.log('ready')`,
      ],
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await said(bare, 'ready');
    await delay(SETTLE_MS);
    const before = look(served.pid as number);
    await delay(IDLE_MS);
    const after = look(served.pid as number);
    const bareMemory = look(bare.pid as number).memory;
    bare.kill();
    served.kill();
    await once(served, 'exit');
    // In one of its own, because to record turns is to wake up.
    const recorded = await serve(folder, {}, true);
    await delay(SETTLE_MS);
    await recorded.record();
    await delay(TURNS_MS);
    const turns = await recorded.read();
    await recorded.stop();
    const share = (after.cpuSeconds - before.cpuSeconds) / (IDLE_MS / 1_000);
    const wakeups = (after.wakeups - before.wakeups) / (IDLE_MS / 1_000);
    const more = after.memory - bareMemory;
    return {
      findings: [
        {
          what: 'of a processor',
          nightjar: `${(share * 100).toFixed(2)} %`,
          against: null,
          ratio: null,
          goal: '≤ 0.3 %',
          isMet: share <= 0.003,
        },
        {
          what: 'wake-ups of the main thread',
          nightjar: `${wakeups.toFixed(2)} a second`,
          against: null,
          ratio: null,
          goal: '≤ 1',
          isMet: wakeups <= 1,
        },
        {
          what: 'memory more than Node with the same libraries',
          nightjar: mebibytes(more),
          against: mebibytes(bareMemory),
          ratio: null,
          goal: '≤ 25 MiB',
          isMet: more <= 25 * 2 ** 20,
        },
        turnsFinding(turns),
      ],
    };
  },
} satisfies Row;

/** From /proc, because a process that counts its own wake-ups has more of them. */
function look(pid: number) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  const status = readFileSync(`/proc/${pid}/task/${pid}/status`, 'utf8');
  const memory = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    cpuSeconds: (Number(stat[11]) + Number(stat[12])) / TICKS_A_SECOND,
    wakeups: Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1]),
    memory: Number(memory) * 1_024,
  };
}
