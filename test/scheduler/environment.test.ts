import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import type { Environment } from '../../electron/api/api.ts';
import { SecretStore } from '../../electron/scheduler/secrets/secret-store.ts';
import { MemoryKeyring } from '../support/memory-keyring.ts';
import type { Script } from '../support/scripted-executor.ts';
import { MINUTE, SchedulerUnderTest } from '../support/scheduler-under-test.ts';

const FILES = {
  'nightjar.yml': "defaults: { variables: { PGPORT: '1', PGUSER: of-home } }\n",
  'load.env': 'PGHOST=value-of-file\nPGUSER=user-of-file\n',
  'load.yml': `
requires_env: [PGHOST, PGSERVICE]
env_file: load.env
secrets: [PGPASSWORD]
variables: { PGPORT: '5432', day: of-job }
params: { day: { default: yesterday } }
steps: [{ name: load, command: x, variables: { PGHOST: of-task, day: of-task } }]
`,
};

/** A job with a variable of every origin, on a host and with a keyring that the test can change. */
async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-account-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const secrets = new SecretStore({ file: join(folder, 'secrets.json'), mayUseKeyring: true }, new MemoryKeyring());
  await secrets.set('PGPASSWORD', 'value-of-secret', 'best', 1);
  const host: NodeJS.ProcessEnv = { PGHOST: 'value-of-host', PGSERVICE: 'service-of-host' };
  const under = await SchedulerUnderTest.start(FILES, { environment: host, secrets });
  return { under, host, secrets };
}

const run = async (under: SchedulerUnderTest, count: number, params: Record<string, string> = {}) => {
  under.scheduler.addJob('load', params);
  await under.until(Array.from({ length: count }, () => 'load manual succeeded'));
};

/** `name value origin change`, then what it wins over; without what Nightjar says itself. */
const told = ({ variables }: Environment) =>
  variables
    .filter(({ origin }) => origin !== 'nightjar')
    .map(({ name, task, value, origin, change, overrides }) =>
      [name, task, value, origin, change, '>', ...overrides.map((one) => one.origin)].filter(Boolean).join(' '),
    )
    .sort();

test('each variable has its origin and what it wins over; values are told only where the job file or a param says them', async () => {
  const { under } = await setUp();
  let got: Readonly<Record<string, string>> = {};
  const load: Script = ({ environment }) => {
    got = environment;
    return { kind: 'exited', exitCode: 0 };
  };
  under.script['load'] = load;
  await run(under, 1, { day: 'monday' });
  const environment = under.scheduler.runs.environment('load#1');
  expect(told(environment)).toEqual([
    'PGHOST env-file > host',
    'PGHOST load/load of-task task > env-file host',
    'PGPASSWORD secret >',
    'PGPORT 5432 job > home',
    'PGSERVICE host >',
    'PGUSER env-file > home',
    'day monday param > task job',
  ]);
  expect(environment).toMatchObject({ isRead: true, comparedTo: null });
  expect(environment.variables.find(({ name }) => name === 'PGUSER')!.source).toBe(environment.files[0]);
  const { PGHOST, PGPASSWORD, PGPORT, PGSERVICE, PGUSER, day } = got;
  expect([PGHOST, PGPASSWORD, PGPORT, PGSERVICE, PGUSER, day]).toEqual([
    'of-task',
    'value-of-secret',
    '5432',
    'service-of-host',
    'user-of-file',
    'monday',
  ]);

  await under.scheduler.close('stop');
  const files = readdirSync(join(under.folder, 'data'), { recursive: true, withFileTypes: true });
  for (const file of files.filter((each) => each.isFile())) {
    const bytes = readFileSync(join(file.parentPath, file.name));
    const leaked = ['value-of-host', 'service-of-host', 'value-of-file', 'user-of-file', 'value-of-secret'];
    expect(leaked.filter((value) => bytes.includes(value))).toEqual([]);
  }
});

test('what is another value than in the run before is told, also of what is not stored', async () => {
  const { under, host, secrets } = await setUp();
  await run(under, 1);
  await run(under, 2);
  expect(told(under.scheduler.runs.environment('load#2')).filter((line) => /changed|new/.test(line))).toEqual([]);

  host['PGSERVICE'] = 'another-service';
  await secrets.set('PGPASSWORD', 'another-secret', 'best', 2);
  await under.write('load.env', 'PGHOST=value-of-file\nPGUSER=another-user\nADDED=1\n');
  await run(under, 3, { day: 'monday' });
  const third = under.scheduler.runs.environment('load#3');
  expect(third.comparedTo).toMatchObject({ number: 2 });
  expect(told(third).filter((line) => /changed|new/.test(line))).toEqual([
    'ADDED env-file new >',
    'PGPASSWORD secret changed >',
    'PGSERVICE host changed >',
    'PGUSER env-file changed > home',
    'day monday param changed > task job',
  ]);

  // The key that tells is kept with the data folder.
  await under.restart(MINUTE, { environment: host, secrets });
  await run(under, 4, { day: 'monday' });
  expect(told(under.scheduler.runs.environment('load#4')).filter((line) => /changed|new/.test(line))).toEqual([]);
});

test('of a run that waits the names are known, and what is missing on the host is named whole', async () => {
  const { under, host } = await setUp();
  delete host['PGHOST'];
  delete host['PGSERVICE'];
  under.scheduler.addJob('load');
  await expect.poll(() => under.waiting()).toEqual([expect.stringContaining('Not set: PGHOST, PGSERVICE.')]);
  const environment = under.scheduler.runs.environment('load#1');
  expect(environment).toMatchObject({ isRead: false, files: [join(under.folder, 'jobs/load.env')] });
  expect(told(environment)).toEqual([
    'PGHOST host >',
    'PGHOST load/load of-task task > host',
    'PGPASSWORD secret >',
    'PGPORT 5432 job > home',
    'PGSERVICE host >',
    'PGUSER of-home home >',
    'day yesterday param > task job',
  ]);
});

test('runs whose variables were the same share what is stored of them, and it goes with the last', async () => {
  const { under, host } = await setUp();
  await run(under, 1);
  await run(under, 2);
  host['PGSERVICE'] = 'another-service';
  await run(under, 3);
  await under.scheduler.close('stop');
  const db = new Sqlite(join(under.folder, 'data/nightjar.db'));
  onTestFinished(() => void db.close());
  db.pragma('foreign_keys = ON');
  const count = () => db.prepare<[], number>('SELECT count(*) FROM environments').pluck().get();
  const left = [1, 2, 3].map((id) => {
    db.prepare('DELETE FROM runs WHERE id = ?').run(id);
    return count();
  });
  expect(left).toEqual([2, 1, 0]);
});

test('who looks again is told what is still not set, and a run whose variables are there by now starts', async () => {
  const { under, host } = await setUp();
  delete host['PGHOST'];
  delete host['PGSERVICE'];
  under.scheduler.addJob('load');
  await expect.poll(() => under.scheduler.jobs.list()[0]?.missingEnvironment).toEqual(['PGHOST', 'PGSERVICE']);
  host['PGHOST'] = 'h';
  expect(await under.scheduler.lookAgain()).toEqual(['PGSERVICE']);
  host['PGSERVICE'] = 's';
  expect(await under.scheduler.lookAgain()).toEqual([]);
  await under.until(['load manual succeeded']);
});

test('an env_file that is gone fails the run, and its log says so', async () => {
  const { under } = await setUp();
  await rm(join(under.folder, 'jobs', 'load.env'));
  under.scheduler.addJob('load');
  await under.until(['load manual failed']);
  const { lines } = await under.scheduler.logs.slice('load#1', {}, 0, 10);
  expect(lines.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^failed: env_file .*load\.env cannot be read: it does not exist\./),
  ]);
});
