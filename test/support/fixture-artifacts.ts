import fs from 'node:fs/promises';
import { basename } from 'node:path';
import type { Artifacts } from '../../electron/api/api.ts';
import type { Handlers } from '../../electron/api/rpc.ts';
import type { OfferedFiles } from '../../electron/host/offered-files.ts';
import { NOW } from './fixture-jobs.ts';

const file = (path: string, bytes: number, agoMs: number) => ({ path, bytes, at: NOW - agoMs });

/** Nested, long, large and empty files; outputs of a group with one task, of one with two, and of a handler. */
export function fixtureArtifacts(): Artifacts {
  const files = [
    file('coverage/index.html', 48_213, 61_000),
    file('coverage/lcov.info', 1_204_551, 61_000),
    file('empty.txt', 0, 90_000),
    file('orders-2026-11-18.csv', 84_730_112, 120_000),
    file(
      'reports/warehouse/2026/11/18/a-rather-long-name-of-a-report-that-somebody-generated-for-each-customer.pdf',
      734_003,
      75_000,
    ),
  ];
  return {
    files,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    isCut: false,
    folder: '/home/ada/.local/share/nightjar/artifacts/214/214308',
    outputs: [
      { taskRunId: 9001, group: 'extract', task: 'orders', name: 'ROWS', value: '18243' },
      {
        taskRunId: 9002,
        group: 'extract',
        task: 'customers',
        name: 'CUSTOMERS_FILE',
        value: 'customers-2026-11-18.csv',
      },
      {
        taskRunId: 9003,
        group: 'load',
        task: 'load',
        name: 'REPORT_URL',
        value: `https://reports.warehouse.example/${'2026-11-18-'.repeat(20)}final.html?signature=4f0c`,
      },
      { taskRunId: 9004, group: 'on_failure', task: 'tell', name: 'TOLD', value: '' },
    ],
  };
}

/** Whatever is downloaded is this file. */
export function artifactHandlers(
  offered: OfferedFiles,
): Pick<Handlers, Extract<keyof Handlers, `artifacts.${string}`>> {
  return {
    'artifacts.list': () => fixtureArtifacts(),
    'artifacts.open': () => ({}),
    'artifacts.reveal': () => ({}),
    'artifacts.download': ({ path }) => ({
      path: offered.offer({ name: basename(path), open: () => fs.open(import.meta.filename) }),
    }),
  };
}
