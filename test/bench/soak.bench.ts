import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { LABEL } from '../../electron/scheduler/executor/container-options.ts';
import { mebibytes, median, ms } from './measure.ts';
import { serve, writeJobs } from './nightjar.ts';
import type { Finding, Row } from './row.ts';
import { longest, turnsFinding } from './turns.ts';

const RUNS = 20_000;
const JOBS = 40;
const MOST_MS = 15 * 60_000;
const LOOK_EVERY_MS = 2_000;
const IMAGE = 'local/busybox';
/** Of the runs that have ended: after the first fifth each job has as many as it keeps. */
const FIRST = [0.2, 0.4] as const;
const LAST = [0.8, 1] as const;

export default {
  title: 'Soak: 20,000 runs, 10 minutes',
  async run(folder) {
    const docker = new Docker();
    const hasEngine = await docker.ping().then(
      () => true,
      () => false,
    );
    const container = `in-container-${process.pid}`;
    // Ids are given to skips too and old runs go, so each run leaves a byte.
    const counted = join(folder, 'counted');
    writeFileSync(counted, '');
    mkdirSync(join(folder, 'data'), { mode: 0o700 });
    // Every second each job is due; none overlaps itself.
    writeJobs(folder, {
      'nightjar.yml': 'max_parallel_runs: 16\nmax_parallel_tasks: 16\n',
      ...Object.fromEntries(
        Array.from({ length: JOBS }, (_, i) => [
          `f${i % 10}/job-${i}.yml`,
          `scheduler: '* * * * * *'\noverlap: skip\nkeep: { runs: 50 }\nsteps:\n  - { name: work, command: 'echo ${i}; printf x >> ${counted}' }\n`,
        ]),
      ),
      ...(hasEngine && {
        [`${container}.yml`]: `scheduler: '*/5 * * * * *'\noverlap: skip\nkeep: { runs: 10 }\nsteps:\n  - { name: work, image: ${IMAGE}, pull: never, network: none, command: ['true'] }\n`,
      }),
    });
    const served = await serve(folder, {}, true);
    await served.record();
    const startedAt = performance.now();
    const look = async () => ({
      share: statSync(counted).size / RUNS,
      ...(await served.read()),
      ...ofSystem(served.pid, join(folder, 'data')),
      containers: hasEngine
        ? (await docker.listContainers({ all: true, filters: { label: [`${LABEL.job}=${container}`] } })).length
        : 0,
      failed: (await served.client.call('runs.count', { states: ['failed', 'timed-out', 'interrupted'] })).count,
    });
    const looks: Awaited<ReturnType<typeof look>>[] = [];
    try {
      do {
        await delay(LOOK_EVERY_MS);
        looks.push(await look());
      } while (looks.at(-1)!.share < 1 && performance.now() - startedAt < MOST_MS);
    } finally {
      await served.stop();
    }
    const tookMs = performance.now() - startedAt;
    const within = ([from, to]: readonly [number, number]) =>
      looks.filter(({ share }) => share >= from && (share < to || to === 1));
    const [first, last] = [within(FIRST), within(LAST)];
    if (first.length === 0 || last.length === 0) {
      throw new Error(`Only ${statSync(counted).size} of ${RUNS} runs ended in ${ms(tookMs)}, too few to compare.`);
    }
    type What = keyof (typeof looks)[number];
    type Show = (value: number) => string;
    const flat = (what: string, key: What, most: number, show: Show = String, of = median): Finding => {
      const [before, after] = [first, last].map((some) => of(some.map((one) => one[key]))) as [number, number];
      return {
        what,
        nightjar: `${show(before)}, then ${show(after)}`,
        against: null,
        ratio: null,
        goal: `flat: ≤ ${show(most)} more`,
        isMet: after - before <= most,
      };
    };
    const count = statSync(counted).size;
    const failed = Math.max(...looks.map((one) => one.failed));
    return {
      findings: [
        {
          what: 'runs, and those that failed',
          nightjar: `${count.toLocaleString('en')} in ${ms(tookMs)}, ${failed} failed`,
          against: null,
          ratio: null,
          goal: '20,000, 0 failed',
          isMet: count >= RUNS && failed === 0,
        },
        flat('memory', 'memory', 40 * 2 ** 20, mebibytes),
        flat('heap', 'heap', 20 * 2 ** 20, mebibytes),
        // Up to 64 pipes are made together and used up by the next tasks, so only the fewest stay the same.
        flat('open files, the fewest', 'handles', 10, String, (counts) => Math.min(...counts)),
        flat('timers', 'timers', 5),
        flat('other resources of the event loop', 'resources', 20),
        flat('threads', 'threads', 2),
        flat('children', 'children', 20),
        flat('containers', 'containers', 1),
        flat('files in the data folder', 'files', 200),
        flat('time without a turn of the event loop, 99.9 % of two seconds', 'most', 5, ms),
        turnsFinding(longest(looks)),
      ],
      notes: [
        `medians of the looks, one every ${LOOK_EVERY_MS / 1_000} s, between 20 and 40 % of the runs, and of those after 80 %`,
        hasEngine ? 'one of the jobs is a container' : 'no engine was there, so no job is a container',
      ],
    };
  },
} satisfies Row;

/** What the system says of a process, and the files below its data folder. */
function ofSystem(pid: number, data: string) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return {
    memory: of('VmRSS') * 1_024,
    threads: of('Threads'),
    handles: readdirSync(`/proc/${pid}/fd`).length,
    children: children.length,
    files: countFiles(data),
  };
}

/** Folders too; they come and go while it counts. */
function countFiles(folder: string): number {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce(
      (count, entry) => count + 1 + (entry.isDirectory() ? countFiles(join(folder, entry.name)) : 0),
      0,
    );
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw thrown;
  }
}
