import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Served } from '../support/served.ts';

const locksIn = (data: string) => readdirSync(join(data, 'locks')).filter((name) => /^[0-9a-f-]{36}\.lock$/.test(name));

test('a signal ends a serve that waits for an older instance, which goes on', async () => {
  const served = await Served.make({ 'a.yml': 'steps: [{ name: work, command: "true" }]\n' });
  const older = await served.serve();
  // An older one that hangs gives up nothing. bin/nightjar.js may be a parent of it: the endpoint knows the one that serves.
  const { pid } = await served.call((client) => client.call('status', {}));
  process.kill(pid, 'SIGSTOP');
  try {
    const newer = served.spawn(['serve']);
    await vi.waitFor(() => expect(locksIn(served.data)).toHaveLength(2), { timeout: 20_000, interval: 20 });
    await vi.waitFor(() => expect(readdirSync(join(served.data, 'locks'))).toContain('lease.wanted'), {
      timeout: 20_000,
      interval: 20,
    });
    newer.child.kill('SIGTERM');
    expect(await newer.finished).toMatchObject({ code: 0, stderr: '' });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  expect(locksIn(served.data)).toHaveLength(1);
  const run = await served.call((client) => client.call('queue.next', { job: 'a', params: {} }));
  await vi.waitFor(
    async () =>
      expect(await served.call((client) => client.call('runs.get', { run: run.id }))).toMatchObject({
        state: 'succeeded',
      }),
    { timeout: 10_000, interval: 100 },
  );
  older.child.kill('SIGTERM');
  expect(await older.finished).toMatchObject({ code: 0 });
});

test('a serve whose port another program has says so, and the one that serves goes on', async () => {
  const served = await Served.make({ 'a.yml': 'steps: [{ name: work, command: "true" }]\n' });
  await served.serve();
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await served.run(['serve', '--port', String(port)]);
  expect([code, stderr]).toEqual([1, expect.stringContaining(String(port))]);
  expect(await served.call((client) => client.call('status', {}))).toMatchObject({ isDraining: false });
});
