import { join } from 'node:path';
import Docker from 'dockerode';
import { ms, sideBySide, took } from './measure.ts';
import { POLL_MS, startScheduler, until, writeJobs } from './nightjar.ts';
import type { Finding, Row } from './row.ts';
import type { Scheduler } from '../../electron/scheduler/scheduler.ts';

const IMAGE = 'local/busybox';
/** Containers a round and contestant. */
const RUNS = 20;

export default {
  title: 'Whole run of one container (`true`, no network)',
  async run(folder) {
    const docker = new Docker();
    const findings: Finding[] = [];
    for (const parallel of [1, 10]) {
      const own = join(folder, String(parallel));
      writeJobs(own, {
        'nightjar.yml': `max_parallel_runs: ${parallel}\nmax_parallel_tasks: ${parallel}\n`,
        'true.yml': `overlap: allow\nkeep: { runs: 1000000, bytes: 100GB }\nparams: { n: { type: number, default: 0 } }\nsteps:\n  - { name: work, image: ${IMAGE}, pull: never, network: none, command: ['true'] }\n`,
      });
      const scheduler = await startScheduler(own);
      const { medians, ratio } = await sideBySide(
        { nightjar: () => nightjar(scheduler), bare: () => took(() => bare(docker, parallel)) },
        5,
      );
      await scheduler.close('stop');
      const cost = ratio('bare', 'nightjar');
      findings.push({
        what: `${parallel} parallel`,
        nightjar: `${ms(medians.nightjar / RUNS)} a run`,
        against: `dockerode: ${ms(medians.bare / RUNS)}`,
        ratio: cost,
        goal: '≤ 1.08 × its time',
        isMet: cost.median <= 1.08,
      });
    }
    return { findings };
  },
} satisfies Row;

let given = 0;

async function nightjar(scheduler: Scheduler): Promise<number> {
  return took(async () => {
    const before = scheduler.runs.count({ states: ['succeeded'] }).count;
    for (let n = 0; n < RUNS; n++) scheduler.addJob('true', { n: String((given += 1)) });
    await until(() => scheduler.runs.count({ states: ['succeeded'] }).count === before + RUNS, POLL_MS);
  });
}

async function bare(docker: Docker, parallel: number): Promise<void> {
  let left = RUNS;
  const one = async (): Promise<void> => {
    const container = await docker.createContainer({
      Image: IMAGE,
      Cmd: ['true'],
      Entrypoint: [],
      HostConfig: { NetworkMode: 'none' },
    });
    const output = await container.attach({ stream: true, stdout: true, stderr: true });
    const drained = new Promise((resolve) => output.once('close', resolve));
    output.resume();
    await container.start();
    // Not before, as `next-exit`: a container that has ended when the question arrives would never answer it.
    await container.wait();
    await drained;
    await container.remove();
  };
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (left-- > 0) await one();
    }),
  );
}
