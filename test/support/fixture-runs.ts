import type { Output, Run, RunDetail, RunFilter, TaskRun } from '../../electron/api/api.ts';
import type { RunState, Trigger, WaitCause } from '../../electron/api/words.ts';
import { JOB_IDS, MEDIANS, NOW } from './fixture-jobs.ts';

type Running = Output<'queue.get'>['running'][number];
type Waiting = Output<'queue.get'>['waiting'][number];

const MINUTE = 60_000;
const at = (text: string): number => Date.parse(`${text}+01:00`);

function run(id: number, job: string, number: number, fields: Partial<Run>): Run {
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
    predictedStartAt: null,
    ...fields,
  }));
}

type Row = [
  job: string,
  number: number,
  state: RunState,
  trigger: Trigger,
  start: string,
  seconds: number,
  reason: string | null,
  exitCode?: number,
];
const RECENT: Row[] = [
  [
    'infra/renew-certificates-staging-and-preview',
    72,
    'failed',
    'scheduled',
    '2026-11-19T20:55:31',
    7,
    'exit 1, acme: error 403: token has no zone access',
    1,
  ],
  ['backups/restore-drill', 14, 'cancelled', 'manual', '2026-11-19T18:40:12', 258, 'by you, in task checksum'],
  ['reports/weekly-cost-report', 46, 'succeeded', 'manual', '2026-11-19T17:05:51', 513, null],
  ['reports/standup-digest', 245, 'succeeded', 'scheduled', '2026-11-19T08:45:00', 161, null],
  [
    'warehouse/dbt-nightly',
    412,
    'failed',
    'scheduled',
    '2026-11-19T02:25:14',
    662,
    'exit 2, Compilation Error in model stg_orders (models/staging/stg_orders.sql)',
    2,
  ],
  [
    'infra/scan-container-images',
    517,
    'timed-out',
    'scheduled',
    '2026-11-19T02:00:01',
    1800,
    'stopped by timeout: 30m, in task grype',
  ],
  ['backups/postgres-nightly', 377, 'succeeded', 'scheduled', '2026-11-19T02:00:00', 1421, null],
  ['backups/photos-to-nas', 95, 'interrupted', 'scheduled', '2026-11-18T21:00:00', 2080, 'the machine was shut down'],
  ['warehouse/export-to-partner-sftp', 0, 'skipped', 'scheduled', '2026-11-18T20:00:00', 0, 'the job is paused'],
  ['reports/standup-digest', 244, 'succeeded', 'scheduled', '2026-11-18T08:45:00', 168, null],
  ['warehouse/dbt-nightly', 411, 'succeeded', 'scheduled', '2026-11-18T02:24:07', 2232, null],
  ['infra/scan-container-images', 516, 'succeeded', 'scheduled', '2026-11-18T02:00:01', 650, null],
  ['backups/postgres-nightly', 376, 'succeeded', 'scheduled', '2026-11-18T02:00:00', 1442, null],
  ['backups/photos-to-nas', 94, 'succeeded', 'scheduled', '2026-11-17T21:00:00', 2691, null],
  [
    'warehouse/export-to-partner-sftp',
    207,
    'failed',
    'scheduled',
    '2026-11-17T20:00:00',
    4,
    'exit 255, Permission denied (publickey)',
    255,
  ],
  [
    'infra/prune-docker-volumes',
    61,
    'succeeded',
    'missed',
    '2026-11-17T09:12:44',
    21,
    'caught up after sleep, due Sun 03:30',
  ],
  ['reports/standup-digest', 243, 'succeeded', 'scheduled', '2026-11-17T08:45:00', 157, null],
  ['warehouse/dbt-nightly', 410, 'succeeded', 'scheduled', '2026-11-17T02:24:30', 2120, null],
];

/** The newest run that has ended; the history counts down from it. */
export const NEWEST_RUN = 214_308;

/** The run with this id of a history that is computed, never stored: it may as well have a million rows. */
export function fixtureRun(id: number, newest = NEWEST_RUN): Run {
  const place = newest - id;
  const row = RECENT[place];
  if (row) {
    const [job, number, state, trigger, start, seconds, said, exitCode = null] = row;
    const [, reason = said, error = null] = /^(exit \d+), (.+)$/.exec(said ?? '') ?? [];
    const startedAt = at(start);
    if (state === 'skipped') {
      const skipped = { count: 3, firstAt: startedAt - 2 * 86_400_000, lastAt: startedAt };
      return run(id, job, number, {
        state,
        trigger,
        reason,
        dueAt: startedAt,
        queuedAt: startedAt,
        endedAt: startedAt,
        skipped,
      });
    }
    return run(id, job, number, {
      state,
      trigger,
      reason,
      error,
      exitCode,
      dueAt: startedAt,
      startedAt,
      endedAt: startedAt + seconds * 1000,
    });
  }
  const older = place - RECENT.length;
  const job = JOB_IDS[(older * 7) % JOB_IDS.length]!;
  const startedAt = at('2026-11-17T01:50:00') - older * 10 * MINUTE;
  const state: RunState = older % 23 === 5 ? 'failed' : older % 57 === 9 ? 'cancelled' : 'succeeded';
  const tookMs = Math.round((MEDIANS.get(job) ?? 60_000) * (0.8 + ((older * 37) % 50) / 100));
  return run(id, job, Math.max(1, Math.floor(id / 14)), {
    state,
    reason: state === 'failed' ? 'exit 1' : state === 'cancelled' ? 'by you' : null,
    exitCode: state === 'failed' ? 1 : state === 'succeeded' ? 0 : null,
    dueAt: startedAt,
    startedAt,
    endedAt: startedAt + tookMs,
  });
}

export function matches(found: Run, filter: RunFilter): boolean {
  const when = found.startedAt ?? found.queuedAt;
  return (
    (filter.job === undefined || found.job === filter.job) &&
    (filter.jobContains === undefined || found.job.includes(filter.jobContains)) &&
    (filter.withoutJobs === undefined || !filter.withoutJobs.includes(found.job)) &&
    (filter.states === undefined || filter.states.length === 0 || filter.states.includes(found.state)) &&
    (filter.triggers === undefined || filter.triggers.length === 0 || filter.triggers.includes(found.trigger)) &&
    (filter.fromAt === undefined || when >= filter.fromAt) &&
    (filter.toAt === undefined || when < filter.toAt)
  );
}

/** A run with everything, as it is asked for by its page. */
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
