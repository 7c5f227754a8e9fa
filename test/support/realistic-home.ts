import type { PastRun, PastSkip } from './real-past.ts';

/** A developer's jobs home as it might be after some weeks, for the pictures. Invented; what runs in a picture is a process. */
export const REALISTIC_JOBS: Readonly<Record<string, string>> = {
  'nightjar.yml': 'max_parallel_runs: 2\n',
  'backups/photos-to-nas.yml': `scheduler: '0 21 * * *'
description: Copies new photos to the NAS
steps:
  - { name: copy, command: 'for i in $(seq 1 600); do echo "2026/11/IMG_$((4100 + i)).dng"; sleep 0.4; done' }
`,
  'backups/postgres-nightly.yml': `scheduler: '0 2 * * *'
description: Dumps the orders database to the NAS
steps:
  - { name: dump, image: postgres:17, command: 'pg_dump -Fc orders > /backup/orders.dump' }
  - { name: verify, image: postgres:17, command: pg_restore --list /backup/orders.dump }
`,
  'infra/mirror-git-remotes.yml': `scheduler: '*/15 * * * *'
description: Fetches every remote of the repositories in ~/src
steps:
  - name: fetch
    tasks:
      - { name: github, command: 'for i in $(seq 1 90); do echo "fetching repository $i of 214"; sleep 1; done' }
      - { name: gitlab, command: 'for i in $(seq 1 90); do echo "fetching repository $i of 61"; sleep 1.3; done' }
  - { name: report, command: 'echo all remotes are mirrored' }
`,
  'infra/prune-docker-volumes.yml': `scheduler: '30 3 * * 0'
steps: [{ name: prune, command: 'echo pruned' }]
`,
  'infra/renew-certificates.yml': `scheduler: '0 5 * * 1'
requires_env: [CLOUDFLARE_API_TOKEN]
steps: [{ name: renew, image: 'certbot/dns-cloudflare:v3', command: renew }]
`,
  'infra/scan-container-images.yml': `scheduler: '30 2 * * *'
steps: [{ name: scan, image: 'aquasec/trivy:0.66', command: image --severity HIGH registry.local/shop }]
`,
  'reports/standup-digest.yml': `scheduler: '45 8 * * 1-5'
steps: [{ name: digest, command: 'echo digest' }]
`,
  'reports/uptime-rollup.yml': `scheduler: '0 * * * *'
steps: [{ name: roll, command: 'echo rolled up' }]
`,
  'reports/weekly-cost-report.yml': `scheduler: '0 6 * * 5'
pipeline_name: weekly-cost-report
description: Sums the cloud bill by team and posts it
timezone: Europe/Berlin
variables:
  CURRENCY: EUR
  CHANNEL: '#finance'

steps:
  - name: collect
    tasks:
      - { name: aws, image: python:3.13-slim, command: python collect.py aws }
      - { name: hetzner, image: python:3.13-slim, command: python collect.py hetzner }
  - name: report
    image: python:3.13-slim
    command: python report.py --week last
    memory: 512MB
    timeout: 10m
    retry: { limit: 2, interval: 30s }
on_failure: [{ name: tell, command: ./tell.sh }]
overlap: skip
on_missed: run-once
`,
  'warehouse/dbt-nightly.yml': `scheduler: '30 4 * * *'
description: Builds the models of the warehouse
steps:
  - { name: deps, image: 'ghcr.io/dbt-labs/dbt-postgres:1.9', command: dbt deps }
  - { name: build, image: 'ghcr.io/dbt-labs/dbt-postgres:1.9', command: dbt build --target prod }
`,
  'warehouse/load-orders.yml': `scheduler: '0 4 * * *'
description: Loads yesterday's orders
variables:
  TARGET: warehouse
  BATCH: '5000'
steps:
  - name: extract
    tasks:
      - { name: orders, image: python:3.13-slim, command: python extract.py orders }
      - { name: customers, image: python:3.13-slim, command: python extract.py customers }
      - { name: refunds, image: python:3.13-slim, command: python extract.py refunds }
  - name: load
    image: postgres:17
    command: psql -f load.sql
    timeout: 10m
  - { name: report, command: ./report.sh }
retry: { limit: 1, interval: 60s }
`,
  'warehouse/refresh-views.yml': `scheduler: '10 5,13,21 * * *'
steps: [{ name: refresh, image: postgres:17, command: psql -f refresh.sql }]
`,
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const GREEN = '\x1b[32m';
const RED = '\x1b[1;31m';
const DIM = '\x1b[2m';
const OFF = '\x1b[0m';

const rows = (what: string, count: number, step: number): string[] =>
  Array.from({ length: count }, (_, i) => `${what}: ${((i + 1) * step).toLocaleString('en')} rows`);

const LOADED = {
  orders: [
    'reading orders since 2026-11-20',
    ...rows('orders', 5, 5_000),
    `${GREEN}orders: 25,000 rows in 5 files${OFF}`,
  ],
  customers: [
    'reading customers since 2026-11-20',
    ...rows('customers', 3, 5_000),
    `${GREEN}customers: 15,000 rows in 3 files${OFF}`,
  ],
  refunds: ['reading refunds since 2026-11-20', `${GREEN}refunds: 412 rows in 1 file${OFF}`],
};
const FAILED_LOAD = [
  'SET',
  `${DIM}load.sql:4${OFF} CREATE TABLE staging.orders`,
  `${DIM}load.sql:9${OFF} COPY staging.orders`,
  ...Array.from({ length: 5 }, (_, i) => `COPY 5000   ${DIM}orders-${i + 1}.csv${OFF}`),
  `${DIM}load.sql:31${OFF} INSERT INTO warehouse.orders`,
  `!${RED}ERROR:${OFF}  duplicate key value violates unique constraint "orders_pkey"`,
  '!DETAIL:  Key (order_id)=(8841207) already exists.',
  '!CONTEXT:  SQL statement "INSERT INTO warehouse.orders SELECT * FROM staging.orders"',
  'ROLLBACK',
];

/** Each run of a schedule that began at `firstAt` ago, up to now. */
function repeated(job: string, firstAt: number, everyMs: number, ms: number, now: number, spread = 0.25): PastRun[] {
  const runs: PastRun[] = [];
  for (let at = firstAt, i = 0; at < now - everyMs / 8; at += everyMs, i++) {
    // No two runs take the same time, and no two pictures differ in how long: a wave, not a chance.
    runs.push({ job, at: Math.round(at) + 400, ms: Math.round(ms * (1 + spread * Math.sin(i * 2.4))) });
  }
  return runs;
}

/** Three weeks of it, with what goes wrong in three weeks. `midnight` is the last one in the zone of the jobs. */
export function realisticPast(now: number, midnight: number): { runs: PastRun[]; skips: PastSkip[] } {
  const since = (days: number, hour: number) => midnight - days * DAY + hour * HOUR;
  const failed = (run: PastRun, more: Partial<PastRun>): PastRun => ({ ...run, state: 'failed', ...more });
  const runs = [
    ...repeated('backups/photos-to-nas', since(20, 21), DAY, 100_000, now),
    ...repeated('backups/postgres-nightly', since(20, 2), DAY, 24 * MINUTE, now).map((run, i) =>
      i === 7
        ? failed(run, {
            exitCode: 1,
            reason: 'exit 1 in dump',
            failedTask: 'dump',
            error: 'could not connect to server',
          })
        : run,
    ),
    ...repeated('infra/mirror-git-remotes', now - (now % (15 * MINUTE)) - 30 * 15 * MINUTE, 15 * MINUTE, 96_000, now),
    ...repeated('infra/scan-container-images', since(18, 2.5), DAY, 11 * MINUTE, now).map((run, i) =>
      i === 11
        ? {
            ...run,
            state: 'timed-out' as const,
            reason: 'stopped by timeout: 20m',
            failedTask: 'scan',
            ms: 20 * MINUTE,
          }
        : run,
    ),
    ...repeated('reports/standup-digest', since(19, 8.75), DAY, 41_000, now),
    ...repeated('reports/uptime-rollup', since(1, 4), HOUR, 6_300, now),
    ...repeated('infra/prune-docker-volumes', since(27, 3.5), 7 * DAY, 22_000, now),
    ...repeated('reports/weekly-cost-report', since(22, 6), 7 * DAY, 3 * MINUTE, now),
    ...repeated('warehouse/load-orders', since(20, 4), DAY, 108_000, now).map((run) => ({ ...run, logs: LOADED })),
    ...repeated('warehouse/dbt-nightly', since(20, 4.5), DAY, 9 * MINUTE, now),
    ...repeated('warehouse/refresh-views', since(6, 5.17), 8 * HOUR, 74_000, now),
  ];
  const last = runs.findLastIndex(({ job }) => job === 'warehouse/load-orders');
  runs[last] = failed(runs[last]!, {
    exitCode: 3,
    reason: 'exit 3 in load',
    error: 'ERROR:  duplicate key value violates unique constraint "orders_pkey"',
    failedTask: 'load',
    ms: 91_000,
    logs: { ...LOADED, load: FAILED_LOAD },
  });
  const skips = [
    {
      job: 'reports/uptime-rollup',
      reason: 'The machine was asleep.',
      firstAt: since(1, 1),
      lastAt: since(1, 3),
      count: 3,
    },
  ];
  return { runs, skips };
}
