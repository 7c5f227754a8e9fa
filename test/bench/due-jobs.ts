import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Seen } from './due-reader.ts';
import { quantile } from './measure.ts';
import { startScheduler, until, writeJobs } from './nightjar.ts';
import { recordTurns } from './turns.ts';
import type { Due } from './due.bench.ts';

/** One way to have many jobs due every five seconds, for a minute; `due-jobs.ts WAY FOLDER JOBS`. Peers are called, Nightjar queues. */
const [way = '', folder = '', count = ''] = process.argv.slice(2);
const JOBS = Number(count);
const EXPRESSION = '*/5 * * * * *';
const EVERY_MS = 5_000;
/** The first round has what a start leaves to do. */
const WARM_UP_MS = 10_000;
const MEASURED_MS = 60_000;

let latenesses: number[] = [];
let isMeasuring = false;

/** Where a call does not say what it was due for, it was the last multiple of five seconds. */
function called(): void {
  if (isMeasuring) latenesses.push(Date.now() % EVERY_MS);
}

const begun = await begin();
await delay(WARM_UP_MS);
globalThis.gc?.();
begun.measure();
const recorded = recordTurns();
isMeasuring = true;
const before = process.cpuUsage();
await delay(MEASURED_MS);
const { user, system } = process.cpuUsage(before);
const turns = recorded();
isMeasuring = false;
globalThis.gc?.();
const memory = process.memoryUsage.rss();
await begun.end();
const p99 = latenesses.length === 0 ? 0 : quantile(latenesses, 0.99);
const due: Due = { p99, memory, cpu: (user + system) / 1e6, count: latenesses.length, turns };
process.send?.(due, () => process.exit(0));

interface Begun {
  /** From now on it counts. */
  measure(): void;
  end(): Promise<void>;
}

function peer(stop: () => void): Begun {
  return { measure() {}, end: async () => stop() };
}

async function begin(): Promise<Begun> {
  switch (way) {
    case 'nightjar':
      return nightjar();
    case 'croner': {
      const { Cron } = await import('croner');
      const jobs = Array.from({ length: JOBS }, () => new Cron(EXPRESSION, called));
      return peer(() => jobs.forEach((job) => job.stop()));
    }
    case 'node-schedule': {
      const { default: schedule } = await import('node-schedule');
      for (let i = 0; i < JOBS; i++) schedule.scheduleJob(EXPRESSION, called);
      return peer(() => {});
    }
    case 'node-cron': {
      const { default: cron } = await import('node-cron');
      for (let i = 0; i < JOBS; i++) cron.schedule(EXPRESSION, called);
      return peer(() => {});
    }
    default:
      throw new Error(`There is no way ${way}.`);
  }
}

/** Every occurrence becomes a run that waits for the only slot; it counts when its row can be read by another process. */
async function nightjar(): Promise<Begun> {
  writeJobs(
    folder,
    Object.fromEntries(
      Array.from({ length: JOBS }, (_, i) => [
        `f${i % 50}/job-${i}.yml`,
        `scheduler: '${EXPRESSION}'\noverlap: queue-all\nsteps:\n  - { name: work, command: "true" }\n`,
      ]),
    ),
  );
  const minutes = 'steps:\n  - { name: wait, command: sleep 600 }\n';
  writeJobs(folder, { 'nightjar.yml': 'max_parallel_runs: 1\n', 'occupies.yml': minutes });
  const scheduler = await startScheduler(folder);
  scheduler.addJob('occupies');
  await until(() => scheduler.status().running === 1);
  const reader = fork(join(import.meta.dirname, 'due-reader.ts'), [join(folder, 'data', 'nightjar.db')]);
  await once(reader, 'message');
  return {
    measure: () => reader.send('measure'),
    async end() {
      const seen = once(reader, 'message');
      reader.send('end');
      latenesses = [...((await seen)[0] as Seen)];
      await scheduler.close('stop');
    },
  };
}
