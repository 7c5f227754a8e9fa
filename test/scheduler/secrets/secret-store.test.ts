import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { FileLock } from '../../../electron/scheduler/file-lock.ts';
import { SecretStore } from '../../../electron/scheduler/secrets/secret-store.ts';
import { secretsPlace } from '../../../electron/scheduler/secrets/secrets-place.ts';
import { MemoryKeyring } from '../../support/memory-keyring.ts';

function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'nightjar-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config', 'secrets.json');
  const keyring = new MemoryKeyring();
  /** Another process of the account; without an argument one that has no keyring. */
  const opened = (ring = refusing()) => new SecretStore({ file, mayUseKeyring: true }, ring);
  return { file, keyring, opened, text: () => readFileSync(file, 'utf8') };
}

function refusing(): MemoryKeyring {
  return Object.assign(new MemoryKeyring(), { refusal: 'no bus here.\nsecond line' });
}

test('without a keyring a secret is kept in a file that only its owner can read, and says why', async () => {
  const { file, opened } = setUp();
  const value = '-----BEGIN-----\nline two\n';
  expect(await opened().set('KEY', value, 'best', 5)).toBe('file');
  expect(await opened().read(['KEY'])).toEqual({ KEY: value });
  expect(await opened().home()).toEqual({ store: 'file', file, why: 'the keyring is out of reach: no bus here' });
  // Windows has no such bits; there the account's folder keeps others out.
  const modes = [file, join(file, '..')].map((path) => statSync(path).mode & 0o777);
  expect(process.platform === 'win32' ? [0o600, 0o700] : modes).toEqual([0o600, 0o700]);
});

test('with a keyring the file has the name and nothing of the value', async () => {
  const { keyring, opened, text } = setUp();
  expect(await opened(keyring).set('PGPASSWORD', 'correct horse', 'best', 5)).toBe('keyring');
  expect(await opened(keyring).read(['PGPASSWORD'])).toEqual({ PGPASSWORD: 'correct horse' });
  expect(JSON.parse(text())).toEqual({ version: 1, secrets: { PGPASSWORD: { store: 'keyring', setAt: 5 } } });
});

test('a process without the keyring knows what is in it, and what it stores itself is found where the keyring is', async () => {
  const { keyring, opened } = setUp();
  const [desktop, service] = [opened(keyring), opened()];
  await desktop.set('A_KEY', 'of the desktop', 'best', 1);
  await service.set('B_KEY', 'of the service', 'best', 2);
  expect(await desktop.read(['A_KEY', 'B_KEY'])).toEqual({ A_KEY: 'of the desktop', B_KEY: 'of the service' });
  await expect(service.read(['A_KEY', 'B_KEY'])).rejects.toMatchObject({
    code: 'keyring',
    message: expect.stringMatching(
      /^The keyring does not give out A_KEY \(no bus here\)\. .*`nightjar secret set A_KEY --file`\.$/,
    ),
  });
  await service.set('A_KEY', 'of the file', 'file', 3);
  expect(await desktop.read(['A_KEY'])).toEqual({ A_KEY: 'of the file' });
});

test('a keyring that is locked refuses with what to do, and what was stored before stays', async () => {
  const { keyring, opened } = setUp();
  const store = opened(keyring);
  await store.set('A_KEY', 'the old one', 'best', 1);
  keyring.isLocked = true;
  const refused = { code: 'keyring', message: expect.stringMatching(/it is locked.*(--file|Unlock it)/) };
  await expect(store.set('A_KEY', 'the new one', 'best', 2)).rejects.toMatchObject(refused);
  await expect(store.delete('A_KEY')).rejects.toMatchObject(refused);
  await expect(store.read(['A_KEY'])).rejects.toMatchObject(refused);
  keyring.isLocked = false;
  expect(await store.read(['A_KEY'])).toEqual({ A_KEY: 'the old one' });
});

test('a deleted secret is gone from both places', async () => {
  const { keyring, opened, text } = setUp();
  const store = opened(keyring);
  await store.set('A_KEY', 'in the keyring', 'best', 1);
  await store.set('A_KEY', 'then in the file', 'file', 2);
  await store.delete('A_KEY');
  expect([...keyring.entries.keys(), ...Object.keys(store.stored())]).toEqual([]);
  expect(text()).not.toContain('then in the file');
  await expect(store.delete('A_KEY')).rejects.toMatchObject({ code: 'secret-not-set' });
});

test('all that are missing are named at once', async () => {
  await expect(setUp().opened().read(['A_KEY', 'B_KEY'])).rejects.toMatchObject({
    code: 'secret-not-set',
    message: 'Secrets not set: A_KEY, B_KEY. Set them with `nightjar secret set A_KEY` or in Settings.',
  });
});

test('one that somebody took out of the keyring is missing by name', async () => {
  const { keyring, opened } = setUp();
  await opened(keyring).set('A_KEY', 'in the keyring', 'best', 1);
  keyring.entries.clear();
  await expect(opened(keyring).read(['A_KEY'])).rejects.toThrow('The keyring does not have A_KEY any more.');
});

test('what another process is storing at the same moment is waited for and not lost', async () => {
  const { file, opened } = setUp();
  mkdirSync(dirname(file));
  const other = FileLock.tryTake(`${file}.lock`)!;
  const setting = opened().set('MINE', 'my value', 'best', 1);
  // The other one is in the middle of it; whoever did not wait would have read the file by now.
  await delay(100);
  writeFileSync(file, JSON.stringify({ version: 1, secrets: { OTHER: { store: 'file', value: 'theirs', setAt: 1 } } }));
  other.release();
  await setting;
  expect(await opened().read(['MINE', 'OTHER'])).toEqual({ MINE: 'my value', OTHER: 'theirs' });
});

test('a process that was killed while it wrote leaves no values behind for longer than the next write', async () => {
  const { file, opened, text } = setUp();
  await opened().set('A_KEY', 'swordfish', 'best', 1);
  const left = `${file}.new`;
  writeFileSync(left, '{"version":1,"secrets":{"OLD":"hunt');
  await opened().set('B_KEY', 'another', 'best', 2);
  expect(readdirSync(dirname(file)).sort()).toEqual(['secrets.json', 'secrets.json.lock']);
  expect(text()).toContain('swordfish');
  expect(statSync(file).mode & 0o077).toBe(0);
});

test('a file that is damaged is told without a word of what is in it', async () => {
  const { file, opened } = setUp();
  await opened().set('A_KEY', 'swordfish', 'best', 1);
  for (const text of ['{"swordfish"', '{"version":1,"secrets":{"A_KEY":"swordfish"}}', '[]']) {
    writeFileSync(file, text);
    const error = await opened()
      .set('B_KEY', 'another', 'best', 2)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'secrets-file', message: expect.stringContaining(file) });
    expect(String(error) + String((error as Error).stack) + String((error as Error).cause)).not.toContain('swordfish');
    expect(readFileSync(file, 'utf8')).toBe(text);
  }
});

test.each([
  ['PGPASSWORD', 'abc', 'at least 4 characters'],
  ['PGPASSWORD', 'a\nb\nc', 'none of its lines'],
  ['PGPASSWORD', 'with\0nul', 'NUL'],
  ['PGPASSWORD', 'x'.repeat(70_000), '64 KiB'],
  ['PG-PASSWORD', 'swordfish', 'cannot be the name of a variable'],
])('what could not be a variable or could not be masked is refused: %s, %j', async (name, value, why) => {
  const store = setUp().opened();
  await expect(store.set(name, value, 'best', 1)).rejects.toMatchObject({
    code: 'bad-secret',
    message: expect.stringContaining(why),
  });
  expect(store.stored()).toEqual({});
});

test("secrets are the account's, and a file that is named is used instead of the keyring", () => {
  const of = (platform: NodeJS.Platform, environment: Record<string, string> = {}) =>
    secretsPlace({ environment, userHome: '/home/ada', platform });
  expect(of('linux')).toEqual({ file: '/home/ada/.config/nightjar/secrets.json', mayUseKeyring: true });
  expect(of('linux', { XDG_CONFIG_HOME: '/c' }).file).toBe('/c/nightjar/secrets.json');
  expect(of('darwin').file).toBe('/home/ada/Library/Application Support/Nightjar/secrets.json');
  expect(of('linux', { NIGHTJAR_SECRETS: '/run/s.json' })).toEqual({ file: '/run/s.json', mayUseKeyring: false });
});
