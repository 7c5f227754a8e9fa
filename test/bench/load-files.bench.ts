import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';
import { JobsHome } from '../../electron/scheduler/job-file/jobs-home.ts';
import { parseSchedule } from '../../electron/scheduler/trigger/cron.ts';
import { ms, sideBySide, took } from './measure.ts';
import { until, writeJobs } from './nightjar.ts';
import type { Growth, Row } from './row.ts';

const FILES = 10_000;

const text = (i: number): string => `# Loads what came in over night.
scheduler: '${i % 60} */2 * * *'
pipeline_name: load_${i}
description: Loads the orders of shop ${i}
timezone: Europe/Berlin
variables:
  SHOP: '${i}'
  TABLE: orders
steps:
  - name: extract
    tasks:
      - { name: orders, image: 'python:3.13-slim', command: python extract.py orders }
      - { name: customers, image: 'python:3.13-slim', command: python extract.py customers }
  - name: load
    image: postgres:17
    command: psql -f load.sql
    memory: 512MB
    timeout: 10m
    retry: { limit: 2, interval: 30s }
on_failure:
  - { name: tell, command: ./tell.sh }
`;

export default {
  title: 'Load and validate 10,000 job files; reload of one',
  async run(folder) {
    const home = writeFiles(folder, FILES);
    const { medians, ratio } = await sideBySide(
      { nightjar: () => start(home), yaml: () => took(() => parseOnly(home, FILES)) },
      5,
    );
    const cost = ratio('yaml', 'nightjar');
    const reloads = await reloadsOf(home);
    const points: [number, number][] = [];
    for (const size of [10, 100, 1_000, 10_000]) {
      const own = writeFiles(join(folder, `size-${size}`), size);
      await start(own);
      points.push([size, await start(own)]);
    }
    const growth: Growth = { title: 'Jobs: load and validate', of: 'job files', series: [{ name: 'start', points }] };
    return {
      findings: [
        {
          what: 'load all',
          nightjar: ms(medians.nightjar),
          against: `js-yaml: ${ms(medians.yaml)}`,
          ratio: cost,
          goal: '≤ 2.5 × its time',
          isMet: cost.median <= 2.5,
        },
        {
          what: 'reload of one, saved to known',
          nightjar: ms(reloads),
          against: null,
          ratio: null,
          goal: '≤ 50 ms',
          isMet: reloads <= 50,
        },
      ],
      growth: [growth],
    };
  },
} satisfies Row;

function writeFiles(folder: string, count: number): string {
  return writeJobs(
    folder,
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i % 20}/job-${i}.yml`, text(i)])),
  );
}

function open(home: string): JobsHome {
  return new JobsHome({
    folder: home,
    checkSchedule: (expression, timezone) => parseSchedule(expression, timezone),
    lastValid: () => null,
    onChange: () => {},
    onBug: (error) => {
      throw error;
    },
  });
}

async function start(folder: string): Promise<number> {
  const home = open(folder);
  const cost = await took(() => home.start());
  if (home.jobs().some(({ definition }) => definition === null)) throw new Error('Not every file is valid.');
  await home.close();
  return cost;
}

function parseOnly(folder: string, count: number): void {
  const schema = CORE_SCHEMA.withTags(mergeTag);
  for (let i = 0; i < count; i++) load(readFileSync(join(folder, `f${i % 20}/job-${i}.yml`), 'utf8'), { schema });
}

/** The median of twenty saves, each of another file. */
async function reloadsOf(folder: string): Promise<number> {
  const home = open(folder);
  await home.start();
  const costs: number[] = [];
  for (let i = 0; i < 20; i++) {
    costs.push(
      await took(async () => {
        writeFileSync(join(folder, `f${i}/job-${i}.yml`), `paused: true\n${text(i)}`);
        await until(() => home.get(`f${i}/job-${i}`).definition?.paused === true, 1);
      }),
    );
  }
  await home.close();
  return costs.toSorted((a, b) => a - b)[10] as number;
}
