import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RunLog } from '../../../electron/scheduler/run/run-context.ts';
import { readRunSecrets, withoutOutput, type RunSecretsPorts } from '../../../electron/scheduler/run/run-secrets.ts';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import { Failure } from '../../../electron/scheduler/failure.ts';
import { SecretStore } from '../../../electron/scheduler/secrets/secret-store.ts';
import { job } from '../../support/definitions.ts';
import { MemoryKeyring } from '../../support/memory-keyring.ts';
import { SchedulerUnderTest } from '../../support/scheduler-under-test.ts';

const LOAD = "secrets: [PGPASSWORD, API_KEY]\nsteps: [{ name: load, command: 'true' }]\n";

/** A scheduler whose account has this keyring, and another program of the same account. */
async function setUp(keyring = new MemoryKeyring()) {
  const folder = mkdtempSync(join(tmpdir(), 'nightjar-account-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secrets.json');
  const store = () => new SecretStore({ file, mayUseKeyring: true }, keyring);
  const own = store();
  const under = await SchedulerUnderTest.start({ 'load.yml': LOAD }, { secrets: own });
  return { under, store: own, other: store(), keyring, file };
}

test('a run waits for its secrets, says which and what to do, and goes on when another program has set them', async () => {
  const { under, other } = await setUp();
  let got: Record<string, string | undefined> = {};
  under.script['load'] = ({ environment }) => {
    got = environment;
    return { kind: 'exited', exitCode: 0 };
  };
  under.scheduler.addJob('load');
  const both = 'Secrets not set: PGPASSWORD, API_KEY. Set them with `nightjar secret set PGPASSWORD` or in Settings.';
  await under.eventually(() => expect(under.waiting()).toEqual([`load: ${both}`]));
  expect(under.scheduler.jobs.list()[0]).toMatchObject({ missingSecrets: ['PGPASSWORD', 'API_KEY'] });
  expect(under.scheduler.queue.get().waiting[0]).toMatchObject({
    cause: 'missing-environment',
    missingSecrets: ['PGPASSWORD', 'API_KEY'],
  });
  await other.set('PGPASSWORD', 'correct horse', 'best', 1);
  await under.eventually(() => expect(under.waiting()[0]).toMatch(/^load: Secret not set: API_KEY\./));
  await other.set('API_KEY', 'battery staple', 'file', 1);
  await under.until(['load manual succeeded']);
  expect(got).toMatchObject({ PGPASSWORD: 'correct horse', API_KEY: 'battery staple' });
});

test('a run whose keyring is locked waits with what to do, and starts once it is not', async () => {
  const { under, other, keyring } = await setUp();
  await other.set('PGPASSWORD', 'correct horse', 'best', 1);
  await other.set('API_KEY', 'battery staple', 'best', 1);
  keyring.isLocked = true;
  under.scheduler.addJob('load');
  await under.eventually(() =>
    expect(under.waiting()[0]).toMatch(/^load: The keyring does not give out .* \(it is locked\)\./),
  );
  keyring.isLocked = false;
  await under.scheduler.secrets.set('PGPASSWORD', 'correct horse 2', 'best');
  await under.until(['load manual succeeded']);
});

test('what a job says is masked however it comes, and no file of the data folder has the value', async () => {
  const { under, other } = await setUp();
  await other.set('PGPASSWORD', 'correct horse', 'best', 1);
  await other.set('API_KEY', 'p@ss/word+1', 'best', 1);
  const said = [
    'correct horse',
    Buffer.from('x:correct horse:y').toString('base64'),
    encodeURIComponent('p@ss/word+1'),
    JSON.stringify({ key: 'p@ss/word+1' }),
  ].join('\n');
  under.script['load'] = async ({ log }) => {
    // One byte at a time: each secret is split across as many chunks as it has bytes.
    for (const byte of Buffer.from(`${said}\n`)) await log.write('stdout', Buffer.from([byte]));
    return { kind: 'exited', exitCode: 1 };
  };
  under.scheduler.addJob('load');
  await under.until(['load manual failed']);
  const { lines } = await under.scheduler.logs.slice(1, {}, 0, 10);
  expect(lines.map(({ text }) => text).slice(0, 4)).toEqual([
    '•••••',
    expect.stringMatching(/^.{1,3}•••••.{1,4}$/),
    '•••••',
    '{"key":"•••••"}',
  ]);
  await under.scheduler.close('stop');
  for (const name of readdirSync(join(under.folder, 'data'), {
    recursive: true,
    encoding: 'utf8',
    withFileTypes: true,
  })) {
    if (!name.isFile()) continue;
    const bytes = readFileSync(join(name.parentPath, name.name));
    for (const value of ['correct horse', 'p@ss/word+1']) expect(bytes.includes(value), name.name).toBe(false);
  }
});

test('settings list what jobs miss first, and never a value', async () => {
  const { under, other } = await setUp();
  await other.set('API_KEY', 'battery staple', 'best', 7);
  const listed = await under.scheduler.secrets.list();
  expect(listed.secrets).toEqual([
    { name: 'PGPASSWORD', store: null, setAt: null, jobs: ['load'] },
    { name: 'API_KEY', store: 'keyring', setAt: 7, jobs: ['load'] },
  ]);
  expect(listed.home).toEqual({ store: 'keyring', message: "Secrets are kept in the system's keyring." });
  await under.scheduler.secrets.delete('API_KEY');
  expect((await under.scheduler.secrets.list()).secrets.map(({ store }) => store)).toEqual([null, null]);
});

test('doctor says where secrets are, how safe a file is, and which are missing; a fault where a schedule needs them', async () => {
  const { under, other } = await setUp(Object.assign(new MemoryKeyring(), { refusal: 'no bus here' }));
  await other.set('API_KEY', 'battery staple', 'best', 1);
  await under.write('daily.yml', `scheduler: '@daily'\n${LOAD.replace('PGPASSWORD', 'TOKEN')}`);
  await under.eventually(() => expect(under.scheduler.jobs.list()).toHaveLength(2));
  const checks = (await under.scheduler.doctor()).filter(({ name }) => name === 'secrets');
  expect(checks).toEqual([
    {
      name: 'secrets',
      isOk: true,
      message: expect.stringMatching(
        /secrets\.json, because .*no bus here\. That file is only as safe as your account/,
      ),
    },
    { name: 'secrets', isOk: false, message: expect.stringMatching(/^Secret not set: TOKEN\. .* daily uses it\.$/) },
    { name: 'secrets', isOk: true, message: expect.stringMatching(/^Secret not set: PGPASSWORD\. .* load uses it\.$/) },
  ]);
});

test('a file that cannot be read is what runs wait for, not secrets that are called missing', async () => {
  const { under, file } = await setUp();
  writeFileSync(file, 'no json');
  under.scheduler.addJob('load');
  await under.eventually(() =>
    expect(under.waiting()[0]).toMatch(/^load: The secrets in .*secrets\.json cannot be read: it is no JSON\. Mend/),
  );
});

test.each([
  ['cancelled', async (under: SchedulerUnderTest) => void under.scheduler.runs.cancel(1)],
  ['interrupted', (under: SchedulerUnderTest) => under.restart(0)],
])('a run whose secrets do not come is %s at once', async (state, stop) => {
  const { under, other, store } = await setUp();
  for (const name of ['PGPASSWORD', 'API_KEY']) await other.set(name, 'correct horse', 'file', 1);
  let isAsked = false;
  store.read = () => {
    isAsked = true;
    // A keyring that asks its user, who is away.
    return new Promise(() => {});
  };
  under.scheduler.addJob('load');
  await under.eventually(() => expect(isAsked).toBe(true));
  const stopped = stop(under);
  await under.pass(1_000);
  await stopped;
  await under.until([`load manual ${state}`]);
  const { lines } = await under.scheduler.logs.slice(1, {}, 0, 10);
  expect(lines.map(({ text }) => text)).toEqual([
    expect.stringMatching(new RegExp(`^${state}: .*, while its secrets were read and before any task began$`)),
  ]);
});

test('a run that a crash cut off and whose secrets are gone or other ones is told apart from one that begins', async () => {
  const ports = (state: string, over: Partial<RunSecretsPorts> = {}): RunSecretsPorts => ({
    rows: { taskRunsOf: () => [{ state }] as never },
    clock: systemClock,
    readSecrets: () => Promise.reject(new Failure('secret-not-set', 'Secret not set: A_KEY.')),
    replacedSecrets: () => ['A_KEY'],
    ...over,
  });
  const definition = job('j', { secrets: ['A_KEY'] });
  const goesOn = new AbortController().signal;
  const readSecrets = async () => ({ A_KEY: 'a new value' });
  await expect(readRunSecrets({ id: 1 }, definition, ports('waiting'), goesOn)).rejects.toThrow('Secret not set');
  expect(await readRunSecrets({ id: 1 }, definition, ports('running'), goesOn)).toEqual({
    values: {},
    problem: 'its log could not be masked any more: Secret not set: A_KEY.',
  });
  expect(await readRunSecrets({ id: 1 }, definition, ports('running', { readSecrets }), goesOn)).toEqual({
    values: {},
    problem: 'its log could not be masked any more: A_KEY was replaced meanwhile',
  });
  expect(await readRunSecrets({ id: 1 }, definition, ports('waiting', { readSecrets }), goesOn)).toEqual({
    values: { A_KEY: 'a new value' },
    problem: null,
  });
  const written: string[] = [];
  const log = withoutOutput<RunLog>({
    taskLog: () => ({
      write: async () => void written.push('output'),
      note: (text) => void written.push(text),
      consumed: () => 0,
    }),
    endAttempt: async () => {},
    note: (_id, text) => void written.push(text),
  });
  await log.taskLog(1).write('stdout', Buffer.from('a secret'));
  log.note(0, 'interrupted');
  expect(written).toEqual(['interrupted']);
});
