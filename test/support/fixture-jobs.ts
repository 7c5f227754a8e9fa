import type { Job, Upcoming, Status } from '../../electron/api/api.ts';
import type { RunState } from '../../electron/api/words.ts';

/** The fixture's present: Thursday, 19 November 2026, 21:41:50 in Berlin. */
export const NOW = Date.parse('2026-11-19T20:41:50Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ZONE = 'Europe/Berlin';
/** Midnight of that day in Berlin; there is no change of the clocks nearby. */
const MIDNIGHT = Date.parse('2026-11-18T23:00:00Z');

type Plan = { everyMs: number; offsetMs: number; weekdays?: number[] };
type Seed = {
  id: string;
  words: string | null;
  cron?: string;
  plan?: Plan;
  medianMs: number | null;
  /** s succeeded, f failed, t timed out, i interrupted, c cancelled. */
  strip: string;
  state: Job['state'];
  description?: string;
  after?: string[];
  rules?: string[];
};

const daily = (hours: number, weekdays?: number[]): Plan => ({ everyMs: DAY, offsetMs: hours * HOUR, weekdays });
const STATES: Record<string, RunState> = {
  s: 'succeeded',
  f: 'failed',
  t: 'timed-out',
  i: 'interrupted',
  c: 'cancelled',
  r: 'running',
};
const good = 's'.repeat(20);

const SEEDS: Seed[] = [
  {
    id: 'backups/photos-to-nas',
    words: 'daily 21:00',
    cron: '0 21 * * *',
    plan: daily(21),
    medianMs: 52 * MINUTE,
    strip: 'sssssssscsssssssssir',
    state: 'running',
  },
  {
    id: 'backups/postgres-nightly',
    words: 'daily 02:00',
    cron: '0 2 * * *',
    plan: daily(2),
    medianMs: 24 * MINUTE,
    strip: 'sssssssfssssssssssss',
    state: 'idle',
    rules: ['up to 5m later'],
    description: 'Dumps the orders DB to the NAS',
  },
  { id: 'backups/restore-drill', words: null, medianMs: 4 * MINUTE, strip: 'ssfsssc', state: 'waiting' },
  {
    id: 'infra/mirror-git-remotes',
    words: 'every 15 min',
    cron: '*/15 * * * *',
    plan: { everyMs: 15 * MINUTE, offsetMs: 0 },
    medianMs: 42_000,
    strip: 'ssssssssssssssssccss',
    state: 'waiting',
  },
  {
    id: 'infra/prune-docker-volumes',
    words: 'Sun 03:30',
    cron: '30 3 * * 0',
    plan: daily(3.5, [0]),
    medianMs: 22_000,
    strip: good,
    state: 'idle',
  },
  {
    id: 'infra/renew-certificates-staging-and-preview',
    words: 'Mon 05:00',
    cron: '0 5 * * 1',
    plan: daily(5, [1]),
    medianMs: 50_000,
    strip: 'sssssssssssfsssssssf',
    state: 'waiting',
  },
  {
    id: 'infra/scan-container-images',
    words: 'daily 02:00',
    cron: '0 2 * * *',
    plan: daily(2),
    medianMs: 11 * MINUTE,
    strip: 'sssssssssfssssssssst',
    state: 'waiting',
  },
  {
    id: 'reports/standup-digest',
    words: 'weekdays 08:45',
    cron: '45 8 * * 1-5',
    plan: daily(8.75, [1, 2, 3, 4, 5]),
    medianMs: 161_000,
    strip: 'ssssssssssssssscssss',
    state: 'idle',
  },
  {
    id: 'reports/uptime-rollup',
    words: 'hourly',
    cron: '0 * * * *',
    plan: { everyMs: HOUR, offsetMs: 0 },
    medianMs: 9_000,
    strip: good,
    state: 'idle',
  },
  {
    id: 'reports/weekly-cost-report',
    words: 'Fri 06:00',
    cron: '0 6 * * 5',
    plan: daily(6, [5]),
    medianMs: 500_000,
    strip: 'ssssssss',
    state: 'problem',
    description: 'What the cloud cost this week, by team',
  },
  {
    id: 'warehouse/dbt-nightly',
    words: 'daily 02:00',
    cron: '0 2 * * *',
    plan: daily(2),
    medianMs: 36 * MINUTE,
    strip: 'sssssssssssssssfsssf',
    state: 'idle',
    description: 'Builds every dbt model and tests it',
  },
  {
    id: 'warehouse/export-to-partner-sftp',
    words: 'daily 20:00',
    cron: '0 20 * * *',
    plan: daily(20),
    medianMs: 240_000,
    strip: 'sssssssssssssssssffc',
    state: 'paused',
  },
  {
    id: 'warehouse/load-orders',
    words: 'every 10 min',
    cron: '*/10 * * * *',
    plan: { everyMs: 10 * MINUTE, offsetMs: 0 },
    medianMs: 200_000,
    strip: 'ssssssfsssssssssssfr',
    state: 'running',
  },
  {
    id: 'warehouse/refresh-materialized-views',
    words: 'every 30 min',
    cron: '*/30 * * * *',
    plan: { everyMs: 30 * MINUTE, offsetMs: 0 },
    medianMs: 95_000,
    strip: good,
    state: 'waiting',
  },
];

export const MEDIANS = new Map(SEEDS.map((seed) => [seed.id, seed.medianMs]));
export const JOB_IDS = SEEDS.map((seed) => seed.id);

function dues({ everyMs, offsetMs, weekdays }: Plan, toAt: number): number[] {
  const found: number[] = [];
  for (let at = MIDNIGHT + offsetMs; at < toAt; at += everyMs) {
    const weekday = new Date(at + HOUR).getUTCDay();
    if (at > NOW && (!weekdays || weekdays.includes(weekday))) found.push(at);
  }
  return found;
}

export function fixtureJobs(): Job[] {
  return SEEDS.map((seed, index) => {
    const strip = Array.from(seed.strip, (letter, i) => ({ id: 200_000 + index * 100 + i, state: STATES[letter]! }));
    const ended = strip.findLast((run) => run.state !== 'running');
    const isPaused = seed.state === 'paused';
    const isProblem = seed.state === 'problem';
    const name = seed.id.split('/')[1]!;
    return {
      id: seed.id,
      file: `${seed.id}.yml`,
      pipelineName: name,
      description: seed.description ?? null,
      schedules: seed.words && seed.cron ? [{ expression: seed.cron, words: seed.words }] : [],
      after: seed.after ?? [],
      startRules: seed.rules ?? [],
      timezone: ZONE,
      nextDueAt: seed.plan && !isPaused && !isProblem ? (dues(seed.plan, NOW + 9 * DAY)[0] ?? null) : null,
      state: seed.state,
      runningRun: name === 'load-orders' ? 214_308 : name === 'photos-to-nas' ? 214_290 : null,
      last: ended ? { id: ended.id, number: 20, state: ended.state, endedAt: NOW - 5 * HOUR } : null,
      strip,
      medianMs: seed.medianMs,
      validSinceAt: isProblem ? NOW - 3 * DAY : null,
      pause: isPaused ? { sinceAt: NOW - DAY, untilAt: Date.parse('2026-11-23T07:00:00Z'), by: 'window' } : null,
      missingEnvironment: name.startsWith('renew') ? ['CLOUDFLARE_API_TOKEN'] : [],
      missingSecrets: name === 'scan-container-images' ? ['REGISTRY_TOKEN'] : [],
      problems: isProblem
        ? [
            {
              file: `${seed.id}.yml`,
              line: 14,
              column: 5,
              message: 'unknown key “retires”; did you mean “retry”?',
              severity: 'error',
            },
          ]
        : [],
      params:
        name === 'dbt-nightly'
          ? [
              {
                name: 'target',
                type: 'choice',
                default: 'prod',
                choices: ['prod', 'staging', 'dev'],
                description: 'Which warehouse to build',
                last: 'staging',
              },
              {
                name: 'models',
                type: 'string',
                default: 'all',
                choices: [],
                description: 'A dbt selector, such as stg_orders+',
                last: null,
              },
              { name: 'threads', type: 'number', default: '4', choices: [], description: null, last: null },
              {
                name: 'full_refresh',
                type: 'boolean',
                default: 'false',
                choices: [],
                description: 'Rebuild incremental models from nothing',
                last: null,
              },
            ]
          : [],
    };
  });
}

export function fixtureUpcoming(hours: number): Upcoming {
  const occurrences = SEEDS.flatMap(({ id, plan, medianMs, state }) =>
    plan && state !== 'paused' && (state !== 'problem' || id.endsWith('weekly-cost-report'))
      ? dues(plan, NOW + hours * HOUR).map((dueAt) => ({ job: id, dueAt, medianMs }))
      : [],
  ).sort((a, b) => a.dueAt - b.dueAt);
  return { occurrences, bands: [] };
}

export function fixtureStatus(): Status {
  return {
    version: '0.1.0',
    host: 'headless',
    instance: 'a1b2c3',
    pid: 4711,
    startedAt: NOW - 3 * DAY,
    now: NOW,
    timezone: ZONE,
    jobsHome: '/home/ada/nightjar/jobs',
    dataFolder: '/home/ada/.local/share/nightjar',
    pause: null,
    isDraining: false,
    olderRuns: 0,
    dispatchStopped: null,
    running: 2,
    queued: 5,
    maxParallelRuns: 2,
    maxParallelTasks: 4,
    jobs: SEEDS.length,
    problems: 1,
    engine: {
      state: 'available',
      host: 'unix:///var/run/docker.sock',
      foundBy: 'context desktop-linux',
      version: '28.5',
      error: null,
      triedAt: NOW - 2_000,
    },
    engines: [],
    engineStarter: null,
  };
}
