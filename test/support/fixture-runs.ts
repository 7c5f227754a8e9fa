import type { Output, Run, RunDetail, TaskRun } from '../../electron/api/api.ts';
import type { Trigger, WaitCause } from '../../electron/api/words.ts';
import { MEDIANS, NOW } from './fixture-jobs.ts';

type Running = Output<'queue.get'>['running'][number];
type Waiting = Output<'queue.get'>['waiting'][number];

const MINUTE = 60_000;
export const at = (text: string): number => Date.parse(`${text}+01:00`);

export function run(id: number, job: string, number: number, fields: Partial<Run>): Run {
  return {
    id,
    job,
    number,
    pipelineName: job.split('/').at(-1)!,
    trigger: 'scheduled',
    state: 'succeeded',
    reason: null,
    error: null,
    dueAt: null,
    queuedAt: fields.startedAt ?? NOW - 60_000,
    notBeforeAt: null,
    startedAt: null,
    endedAt: null,
    exitCode: null,
    attempt: 1,
    attempts: 1,
    params: {},
    skipped: null,
    upstream: null,
    ...fields,
  };
}

let nextTask = 1;
const task = (group: string, groupIndex: number, name: string, fields: Partial<TaskRun>): TaskRun => ({
  id: nextTask++,
  group,
  groupIndex,
  name,
  part: 'step',
  executor: 'docker',
  image: null,
  imageDigest: null,
  state: 'waiting',
  reason: null,
  runAttempt: 1,
  attempt: 1,
  attempts: 1,
  startedAt: null,
  endedAt: null,
  exitCode: null,
  medianMs: null,
  ...fields,
});

const DEFINITION = `scheduler: '*/10 * * * *'
pipeline_name: load-orders
concurrency_group: warehouse
steps:
  - name: extract
    tasks:
      - { name: orders,    image: 'python:3.13-slim', command: python extract.py orders }
      - { name: customers, image: 'python:3.13-slim', command: python extract.py customers }
  - { name: load, image: 'postgres:17', command: psql -f load.sql }
  - { name: report, command: ./report.sh }
`;

function running(base: Run, groups: string[], tasks: TaskRun[], fields: Partial<Running>): Running {
  return {
    ...base,
    tasks,
    groups,
    medianMs: MEDIANS.get(base.job) ?? null,
    variables: {},
    concurrencyGroup: null,
    logLines: 1_420,
    logBytes: 98_000,
    previous: null,
    pipelines: [],
    downstream: [],
    kept: [],
    commit: null,
    ...fields,
  };
}

export function fixtureRunning(): Running[] {
  const loadAt = NOW - 108_000;
  const photosAt = NOW - (41 * MINUTE + 50_000);
  const slim = { image: 'python:3.13-slim', imageDigest: 'sha256:9b1e5b1c1f6c' };
  return [
    running(
      run(214_308, 'warehouse/load-orders', 1841, {
        state: 'running',
        dueAt: at('2026-11-19T21:40:00'),
        startedAt: loadAt,
      }),
      ['extract', 'load', 'report'],
      [
        task('extract', 0, 'orders', {
          ...slim,
          state: 'failed',
          startedAt: loadAt,
          endedAt: loadAt + 29_000,
          exitCode: 75,
          attempts: 3,
          medianMs: 130_000,
        }),
        task('extract', 0, 'orders', {
          ...slim,
          state: 'running',
          startedAt: loadAt,
          attempt: 2,
          attempts: 3,
          medianMs: 130_000,
        }),
        task('extract', 0, 'customers', { ...slim, state: 'running', startedAt: loadAt, medianMs: 82_000 }),
        task('load', 1, 'load', { image: 'postgres:17', medianMs: 30_000 }),
        task('report', 2, 'report', { executor: 'process', medianMs: 17_000 }),
      ],
      {
        concurrencyGroup: 'warehouse',
        variables: { day: 'yesterday', TEST_PIPELINE: 'true' },
        previous: { id: 214_298, number: 1840, state: 'succeeded' },
      },
    ),
    running(
      run(214_290, 'backups/photos-to-nas', 96, {
        state: 'running',
        dueAt: at('2026-11-19T21:00:00'),
        startedAt: photosAt,
      }),
      ['rsync', 'verify'],
      [
        task('rsync', 0, 'rsync', {
          executor: 'process',
          state: 'running',
          startedAt: photosAt,
          medianMs: 45 * MINUTE + 30_000,
        }),
        task('verify', 1, 'verify', { executor: 'process', medianMs: 6 * MINUTE }),
      ],
      {},
    ),
  ];
}

export function fixtureWaiting(): Waiting[] {
  const rows: [string, number, Trigger, WaitCause, string, Partial<Waiting>][] = [
    [
      'backups/restore-drill',
      15,
      'manual',
      'capacity',
      'Both slots are in use.',
      { predictedStartAt: at('2026-11-19T21:43:30') },
    ],
    [
      'infra/mirror-git-remotes',
      8807,
      'missed',
      'capacity',
      'Both slots are in use.',
      { predictedStartAt: at('2026-11-19T21:52:00'), dueAt: at('2026-11-19T21:30:00') },
    ],
    [
      'warehouse/refresh-materialized-views',
      2210,
      'scheduled',
      'group-busy',
      'Group warehouse is busy: load-orders.',
      {
        predictedStartAt: at('2026-11-19T21:56:00'),
        dueAt: at('2026-11-19T21:30:00'),
        waitsFor: { id: 214_308, job: 'warehouse/load-orders', number: 1841 },
      },
    ],
    ['infra/scan-container-images', 518, 'after', 'engine-unavailable', 'Engine nas does not answer, tried 21:41.', {}],
    [
      'infra/renew-certificates-staging-and-preview',
      73,
      'scheduled',
      'missing-environment',
      'Not set: CLOUDFLARE_API_TOKEN.',
      { attempt: 2, attempts: 3 },
    ],
  ];
  return rows.map(([job, number, trigger, cause, reason, fields], index) => ({
    ...run(214_310 + index, job, number, { state: 'queued', trigger, reason }),
    position: index + 1,
    cause,
    waitsFor: null,
    missingSecrets: [],
    predictedStartAt: null,
    ...fields,
  }));
}

export function fixtureDetail(base: Run): RunDetail {
  const live = fixtureRunning().find((found) => found.id === base.id);
  if (live) return { ...live, definition: DEFINITION };
  const startedAt = base.startedAt ?? base.queuedAt;
  const endedAt = base.endedAt ?? startedAt;
  return {
    ...running(
      base,
      ['main'],
      [
        task('main', 0, 'main', {
          state: base.state === 'queued' ? 'waiting' : base.state,
          startedAt,
          endedAt,
          exitCode: base.exitCode,
          executor: 'process',
        }),
      ],
      {},
    ),
    definition: DEFINITION,
  };
}
