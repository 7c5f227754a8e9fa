import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ms, sideBySide } from './measure.ts';
import { serve, until, writeJobs } from './nightjar.ts';
import { writeWaitingRuns } from './waiting-runs.ts';
import type { Row } from './row.ts';
import { turnsFinding } from './turns.ts';

const QUEUED = 10_000;
const RUNNING = 20;
/** What a start leaves to do is done by then. */
const AFTER_MS = 10_000;

export default {
  title: 'Recovery after kill -9 with 10,000 queued and 20 running',
  async run(folder) {
    const killed = join(folder, 'killed');
    await leaveBehind(killed);
    const clean = join(folder, 'clean');
    cpSync(join(killed, 'jobs'), join(clean, 'jobs'), { recursive: true });
    // A data folder belongs to its jobs home by its path, so each start finds it put back where it was.
    const [data, left] = [join(killed, 'data'), join(folder, 'left')];
    renameSync(data, left);
    const putBack = (): void => {
      rmSync(data, { recursive: true, force: true });
      cpSync(left, data, { recursive: true });
    };
    const { medians, ratio } = await sideBySide(
      {
        crashed: () => {
          putBack();
          return ready(killed);
        },
        clean: () => {
          rmSync(join(clean, 'data'), { recursive: true, force: true });
          return ready(clean);
        },
      },
      5,
    );
    const cost = ratio('clean', 'crashed');
    putBack();
    const served = await serve(killed, {}, true);
    await served.record();
    await delay(AFTER_MS);
    const turns = await served.read();
    await served.stop('SIGKILL');
    return {
      findings: [
        {
          what: 'from its start to its address on stdout',
          nightjar: ms(medians.crashed),
          against: `clean start: ${ms(medians.clean)}`,
          ratio: cost,
          goal: '≤ 2 × its time',
          isMet: cost.median <= 2,
        },
        turnsFinding(turns, ` in the ${AFTER_MS / 1_000} seconds after`),
      ],
    };
  },
} satisfies Row;

/** A data folder as a process leaves it that is killed in the midst of it all. Jobs belong to it by their path, so it is copied whole. */
async function leaveBehind(folder: string): Promise<void> {
  const job = (more: string): string =>
    `${more}params: { n: { type: number, default: 0 } }\noverlap: allow\nsteps:\n  - { name: work, command: sleep 600 }\n`;
  writeJobs(folder, {
    'nightjar.yml': `max_parallel_runs: ${RUNNING}\nmax_parallel_tasks: ${RUNNING}\n`,
    'running.yml': job(''),
    ...Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`waiting-${i}.yml`, job('requires_env: [NEVER_SET]\n')]),
    ),
  });
  writeWaitingRuns(
    folder,
    QUEUED,
    Array.from({ length: 100 }, (_, i) => `waiting-${i}`),
  );
  const served = await serve(folder);
  for (let n = 0; n < RUNNING; n++)
    await served.client.call('queue.next', { job: 'running', params: { n: String(n) } });
  await until(async () => (await served.client.call('status', {})).running === RUNNING, 20);
  await served.stop('SIGKILL');
}

async function ready(folder: string): Promise<number> {
  const served = await serve(folder);
  await served.stop('SIGKILL');
  return served.readyMs;
}
