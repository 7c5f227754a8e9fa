import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { quantile } from './measure.ts';
import { startScheduler, writeJobs } from './nightjar.ts';
import type { Due } from './due.bench.ts';

/** One way to have many jobs due every five seconds, for a minute; `due-jobs.ts WAY FOLDER JOBS`. Peers are called, Nightjar queues. */
const [way = '', folder = '', count = ''] = process.argv.slice(2);
const JOBS = Number(count);
const EXPRESSION = '*/5 * * * * *';
const EVERY_MS = 5_000;
/** The first round has what a start leaves to do. */
const WARM_UP_MS = 10_000;
const MEASURED_MS = 60_000;

const latenesses: number[] = [];
let isMeasuring = false;

/** Where a call does not say what it was due for, it was the last multiple of five seconds. */
function called(): void {
  if (isMeasuring) latenesses.push(Date.now() % EVERY_MS);
}

const end = await begin();
await delay(WARM_UP_MS);
globalThis.gc?.();
isMeasuring = true;
const before = process.cpuUsage();
const from = Date.now();
await delay(MEASURED_MS);
const { user, system } = process.cpuUsage(before);
isMeasuring = false;
globalThis.gc?.();
const memory = process.memoryUsage.rss();
await end(from);
const p99 = latenesses.length === 0 ? 0 : quantile(latenesses, 0.99);
const due: Due = { p99, memory, cpu: (user + system) / 1e6, count: latenesses.length };
process.send?.(due, () => process.exit(0));

async function begin(): Promise<(from: number) => Promise<void>> {
  switch (way) {
    case 'nightjar':
      return nightjar();
    case 'croner': {
      const { Cron } = await import('croner');
      const jobs = Array.from({ length: JOBS }, () => new Cron(EXPRESSION, called));
      return async () => jobs.forEach((job) => job.stop());
    }
    case 'node-schedule': {
      const { default: schedule } = await import('node-schedule');
      for (let i = 0; i < JOBS; i++) schedule.scheduleJob(EXPRESSION, called);
      return async () => {};
    }
    case 'node-cron': {
      const { default: cron } = await import('node-cron');
      for (let i = 0; i < JOBS; i++) cron.schedule(EXPRESSION, called);
      return async () => {};
    }
    default:
      throw new Error(`There is no way ${way}.`);
  }
}

/** Every occurrence becomes a run that waits for a variable that nobody sets; it counts when its row can be read by others. */
async function nightjar(): Promise<(from: number) => Promise<void>> {
  writeJobs(
    folder,
    Object.fromEntries(
      Array.from({ length: JOBS }, (_, i) => [
        `f${i % 50}/job-${i}.yml`,
        `scheduler: '${EXPRESSION}'\noverlap: queue-all\nrequires_env: [NEVER_SET]\nsteps:\n  - { name: work, command: "true" }\n`,
      ]),
    ),
  );
  writeJobs(folder, { 'nightjar.yml': 'max_parallel_runs: 2\n' });
  const scheduler = await startScheduler(folder);
  const reader = new Sqlite(join(folder, 'data', 'nightjar.db'), { readonly: true });
  const newer = reader.prepare<[number], { id: number; dueAt: number }>(
    'SELECT id, due_at AS dueAt FROM runs WHERE id > ? ORDER BY id',
  );
  // As somebody else sees it: what is committed, looked at every few milliseconds while something is due.
  let last = 0;
  const look = setInterval(() => {
    const now = Date.now();
    for (const { id, dueAt } of newer.all(last)) {
      last = id;
      if (isMeasuring) latenesses.push(now - dueAt);
    }
  }, 10);
  return async () => {
    clearInterval(look);
    reader.close();
    await scheduler.close('stop');
  };
}
