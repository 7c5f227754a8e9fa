import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openClient } from '../../electron/host/web-socket-client.ts';
import type { Seen } from './due-reader.ts';
import { quantile } from './measure.ts';
import { POLL_MS, serve, until, writeJobs } from './nightjar.ts';
import type { Turns } from './turn-recorder.mjs';
import type { Due } from './due.bench.ts';

/** One way to have many jobs due every five seconds; `due-jobs.ts WAY FOLDER JOBS [turns]`. Peers are called, Nightjar queues. */
const [way = '', folder = '', count = '', what] = process.argv.slice(2);
const JOBS = Number(count);
const EXPRESSION = '*/5 * * * * *';
const EVERY_MS = 5_000;
/** The first round has what a start leaves to do. */
const WARM_UP_MS = 10_000;
const MEASURED_MS = 20_000;
/** After that, because to record turns takes the processor's time. */
const TURNS_MS = 30_000;

let latenesses: number[] = [];
let isMeasuring = false;

/** Where a call does not say what it was due for, it was the last multiple of five seconds. */
function called(): void {
  if (isMeasuring) latenesses.push(Date.now() % EVERY_MS);
}

const begun = await begin();
await delay(WARM_UP_MS);
// A collection of garbage is not in what is measured: the heaps differ by a factor of twenty.
await begun.memory();
const from = await begun.cpuSeconds();
isMeasuring = true;
await delay(MEASURED_MS);
const cpu = ((await begun.cpuSeconds()) - from) * (60_000 / MEASURED_MS);
isMeasuring = false;
const memory = await begun.memory();
const turns = await begun.end();
const p99 = latenesses.length === 0 ? 0 : quantile(latenesses, 0.99);
const due: Due = { p99, memory, cpu, count: latenesses.length, turns };
process.send?.(due, () => process.exit(0));

interface Begun {
  /** Of the process that does it. From the first call on it counts. */
  cpuSeconds(): Promise<number>;
  /** Resident bytes, without garbage. */
  memory(): Promise<number>;
  /** Where they are asked for: the turns of another half minute. */
  end(): Promise<Turns | null>;
}

/** In this process. */
function peer(stop: () => void): Begun {
  return {
    async cpuSeconds() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    async memory() {
      globalThis.gc?.();
      return process.memoryUsage.rss();
    },
    async end() {
      stop();
      return null;
    },
  };
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

/** `serve` as a user has it. Every occurrence becomes a run that waits for the only slot; it counts when its row can be read by another process. */
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
  const served = await serve(folder, {}, true);
  const { id } = await served.client.call('queue.next', { job: 'occupies' });
  await until(async () => (await served.client.call('status', {})).running === 1, POLL_MS);
  // As in the tray, with no window open.
  served.client.close();
  const reader = fork(join(import.meta.dirname, 'due-reader.ts'), [join(folder, 'data', 'nightjar.db')]);
  await once(reader, 'message');
  let isFirst = true;
  return {
    async cpuSeconds() {
      const { cpuSeconds } = await served.read();
      if (isFirst) reader.send('measure');
      isFirst = false;
      return cpuSeconds;
    },
    memory: () => served.collect(),
    async end() {
      const seen = once(reader, 'message');
      reader.send('end');
      latenesses = [...((await seen)[0] as Seen)];
      let recorded: Turns | null = null;
      if (what === 'turns') {
        await served.record();
        await delay(TURNS_MS);
        recorded = await served.read();
      }
      // It would be waited for.
      const client = await openClient({ dataFolder: join(folder, 'data') });
      await client.call('runs.cancel', { run: id });
      client.close();
      await served.stop();
      return recorded;
    },
  };
}
