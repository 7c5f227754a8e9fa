import type { Run, RunFilter } from '../../electron/api/api.ts';
import type { RunState, Trigger } from '../../electron/api/words.ts';
import { JOB_IDS, MEDIANS } from './fixture-jobs.ts';
import { at, run } from './fixture-runs.ts';

const MINUTE = 60_000;

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
