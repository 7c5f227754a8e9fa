import type { Environment, Variable } from '../../electron/api/api.ts';
import type { Origin } from '../../electron/api/words.ts';

const variable = (name: string, origin: Origin, value: string | null, over: Partial<Variable> = {}): Variable => ({
  name,
  task: null,
  origin,
  source: null,
  value,
  overrides: [],
  change: null,
  ...over,
});

const DOTENV = '/home/ada/jobs/warehouse/.env';

/** Something of every origin: overridden, changed, of one task, long, empty. */
export function fixtureEnvironment(): Environment {
  return {
    isRead: true,
    files: [DOTENV],
    comparedTo: { id: 214_298, number: 1840 },
    variables: [
      variable('PGHOST', 'host', null),
      variable('PGUSER', 'home', 'loader'),
      variable('PGDATABASE', 'env-file', null, {
        source: DOTENV,
        overrides: [{ task: null, origin: 'home', source: null, value: 'postgres' }],
        change: 'changed',
      }),
      variable('PGPASSWORD', 'secret', null, { change: 'changed' }),
      variable('day', 'param', 'yesterday', {
        overrides: [{ task: null, origin: 'job', source: null, value: '2026-11-01' }],
        change: 'new',
      }),
      variable('TEST_PIPELINE', 'job', 'true'),
      variable('TARGET', 'job', 'warehouse.local', {
        overrides: [{ task: null, origin: 'env-file', source: DOTENV, value: null }],
      }),
      variable('TARGET', 'task', 'standby.warehouse.local', {
        task: 'load/load',
        overrides: [{ task: null, origin: 'job', source: null, value: 'warehouse.local' }],
      }),
      variable(
        'EXTRACT_OPTIONS_FOR_THE_ORDERS_AND_CUSTOMERS_OF_ALL_WAREHOUSES',
        'job',
        `--since=${'2026-11-19T00:00:00+01:00,'.repeat(16)} --format=parquet`,
      ),
      variable('ORDERS_LOADED', 'output', '18422', { source: 'extract/orders' }),
      variable('EMPTY', 'job', ''),
      variable('NOTE', 'job', 'two lines\nof text'),
      variable('NIGHTJAR', 'nightjar', '1'),
      variable('NIGHTJAR_JOB', 'nightjar', 'warehouse/load-orders'),
      variable('NIGHTJAR_RUN', 'nightjar', '214308'),
      variable('NIGHTJAR_TRIGGER', 'nightjar', 'scheduled'),
    ],
  };
}

/** The same of a run that waits. */
export function fixtureUnread(): Environment {
  const { files, variables } = fixtureEnvironment();
  const known = variables.filter(({ source }) => source === null).map((one) => ({ ...one, change: null }));
  return { isRead: false, files, comparedTo: null, variables: known };
}
