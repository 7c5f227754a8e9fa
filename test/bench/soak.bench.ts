import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mebibytes, ms } from './measure.ts';
import { serve, until, writeJobs } from './nightjar.ts';
import type { Row } from './row.ts';

const RUNS = 20_000;
const JOBS = 40;
const MOST_MS = 15 * 60_000;

export default {
  title: 'Soak: 20,000 runs, 10 minutes',
  async run(folder) {
    // Every second each job is due; none overlaps itself, and a run that is skipped counts no run.
    writeJobs(folder, {
      'nightjar.yml': 'max_parallel_runs: 16\nmax_parallel_tasks: 16\n',
      ...Object.fromEntries(
        Array.from({ length: JOBS }, (_, i) => [
          `f${i % 10}/job-${i}.yml`,
          `scheduler: '* * * * * *'\noverlap: skip\nkeep: { runs: 50 }\nsteps:\n  - { name: work, command: echo ${i} }\n`,
        ]),
      ),
    });
    const served = await serve(folder);
    const startedAt = performance.now();
    // Ids are given once; the runs themselves go, because retention is part of what must stay flat.
    const done = async (): Promise<number> =>
      (await served.client.call('runs.list', { states: ['succeeded'], limit: 1 })).runs[0]?.id ?? 0;
    await until(async () => (await done()) > RUNS / 10, 500);
    const before = look(served.pid, folder);
    await until(async () => (await done()) > RUNS || performance.now() - startedAt > MOST_MS, 500);
    const after = look(served.pid, folder);
    const count = await done();
    const failed = (await served.client.call('runs.count', { states: ['failed', 'interrupted'] })).count;
    const tookMs = performance.now() - startedAt;
    await served.stop();
    const flat = (what: string, first: number, last: number, most: number, show: (value: number) => string) => ({
      what,
      nightjar: `${show(first)}, then ${show(last)}`,
      against: null,
      ratio: null,
      goal: `flat: ≤ ${show(most)} more`,
      isMet: last - first <= most,
    });
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
        flat('memory', before.memory, after.memory, 40 * 2 ** 20, mebibytes),
        flat('open files', before.handles, after.handles, 10, String),
        flat('threads', before.threads, after.threads, 2, String),
        flat('children', before.children, after.children, 20, String),
      ],
    };
  },
} satisfies Row;

function look(pid: number, folder: string) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return {
    memory: of('VmRSS') * 1_024,
    threads: of('Threads'),
    handles: readdirSync(`/proc/${pid}/fd`).length,
    children: children.length,
    files: readdirSync(join(folder, 'data')).length,
  };
}
