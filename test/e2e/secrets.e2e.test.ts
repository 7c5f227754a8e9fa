import { mkdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Served } from '../support/served.ts';

const LOAD = `secrets: [PGPASSWORD]\nsteps: [{ name: load, command: 'echo "got $PGPASSWORD"' }]\n`;

test('a secret that is piped in while a run waits lets it go on at once, and the log has the mask', async () => {
  const served = await Served.make({ 'load.yml': LOAD });
  const file = join(served.folder, 'secrets.json');
  const environment = { NIGHTJAR_SECRETS: file };
  expect(await served.run(['run', 'load'], environment)).toMatchObject({
    code: 1,
    stderr: 'Secret not set: PGPASSWORD. Set it with `nightjar secret set PGPASSWORD` or in Settings.\n',
  });
  const { child, finished } = await served.serve([], environment);
  await served.call((client) => client.call('queue.next', { job: 'load' }));
  await vi.waitFor(
    async () => {
      const { waiting } = await served.call((client) => client.call('queue.get', {}));
      expect(waiting).toMatchObject([{ cause: 'missing-environment', missingSecrets: ['PGPASSWORD'] }]);
    },
    { timeout: 10_000, interval: 50 },
  );
  const set = served.spawn(['secret', 'set', 'PGPASSWORD'], environment, 'swordfish\n');
  expect(await set.finished).toMatchObject({ code: 0, stdout: expect.stringContaining(`is stored in ${file}.`) });
  await vi.waitFor(
    async () => {
      const { state } = await served.call((client) => client.call('runs.get', { run: 'load#1' }));
      expect(state).toBe('succeeded');
    },
    // Less than a tick of the scheduler: it was told.
    { timeout: 4_000, interval: 50 },
  );
  expect(await readFile(join(served.data, 'logs/0/1/run.log'), 'utf8')).toBe('got •••••\n');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  child.kill('SIGTERM');
  await finished;
});

test('a message bus that hangs keeps no command: after seconds the file is used, and the process ends', async () => {
  const served = await Served.make({ 'load.yml': LOAD });
  const socket = join(served.folder, 'bus');
  await mkdir(join(served.folder, 'config'));
  // Takes every connection and never says a word.
  const bus = createServer(() => {});
  await new Promise<void>((resolve) => bus.listen(socket, resolve));
  onTestFinished(() => void bus.close());
  const environment = {
    NIGHTJAR_SECRETS: '',
    XDG_CONFIG_HOME: join(served.folder, 'config'),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}`,
  };
  const { stdout } = await served.spawn(['secret', 'set', 'PGPASSWORD'], environment, 'swordfish').finished;
  expect(stdout).toContain(`PGPASSWORD is stored in ${join(served.folder, 'config/nightjar/secrets.json')}.`);
});
