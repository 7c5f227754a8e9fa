import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import fc from 'fast-check';
import { connect } from '../../electron/api/client.ts';
import type { Client } from '../../electron/api/client.ts';
import { contract } from '../../electron/api/contract.ts';
import { serve } from '../../electron/api/rpc.ts';
import type { Wire } from '../../electron/api/wire.ts';
import { memoryWires } from '../../electron/host/memory-wire.ts';
import { handlersWith } from '../support/handlers.ts';

// The host's side of every wire is in test/contract; here is a caller with a host that says what it likes.

function withWildHost(): { client: Client; host: Wire; asked: { id: number }[]; isClosed: () => boolean } {
  const [host, caller] = memoryWires();
  const asked: { id: number }[] = [];
  host.onFrame((frame) => asked.push(JSON.parse(frame)));
  const client = connect(caller, () => contract);
  let closed = false;
  client.onClose(() => (closed = true));
  return { client, host, asked, isClosed: () => closed };
}

test('an answer that comes twice, to nobody, or after others reaches who asked, once', async () => {
  const { client, host, asked } = withWildHost();
  const first = client.call('doctor', {});
  const second = client.call('files.trash', { path: 'a.yml' });
  await turn();
  const [one, two] = asked.map(({ id }) => id);
  host.send(JSON.stringify({ type: 'ok', id: 999, output: [] }));
  host.send(JSON.stringify({ type: 'ok', id: two, output: { to: 'x' } }));
  host.send(JSON.stringify({ type: 'ok', id: two, output: { to: 'y' } }));
  host.send(JSON.stringify({ type: 'event', id: 77, data: {} }));
  host.send(JSON.stringify({ type: 'ok', id: one, output: [] }));
  expect(await second).toEqual({ to: 'x' });
  expect(await first).toEqual([]);
});

test('an answer that is not of this contract rejects its call and says what to look at', async () => {
  const { client, host, asked } = withWildHost();
  const call = client.call('files.trash', { path: 'a.yml' });
  await turn();
  host.send(JSON.stringify({ type: 'ok', id: asked[0]!.id, output: { from: 1 } }));
  await expect(call).rejects.toMatchObject({ code: 'bad-answer', message: expect.stringContaining('files.trash') });
});

test('a host that talks nonsense is left: the wire closes and waiting calls are rejected', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (nonsense) => {
      const { client, host, isClosed } = withWildHost();
      const call = client.call('doctor', {});
      host.send(nonsense);
      await expect(call).rejects.toMatchObject({ code: 'closed' });
      return isClosed();
    }),
    { numRuns: 50 },
  );
});

test('a subscription that has ended hears nothing of what is still under way', async () => {
  const { client, host, asked } = withWildHost();
  const heard: unknown[] = [];
  const stop = client.on('queue.changed', undefined, (data) => heard.push(data));
  await turn();
  host.send(JSON.stringify({ type: 'event', id: asked[0]!.id, data: {} }));
  stop();
  stop();
  await turn();
  await turn();
  expect(heard).toEqual([]);
  expect(asked).toEqual([
    { type: 'subscribe', id: 1, event: 'queue.changed' },
    { type: 'unsubscribe', id: 1 },
  ]);
});

test('of a log that grows one hears every 20 ms, of anything else every 50', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const [ours, theirs] = memoryWires();
  const served = serve(theirs, handlersWith({}), { onBug: (thrown) => expect.unreachable(String(thrown)) });
  const heard: unknown[] = [];
  ours.onFrame((frame) => heard.push((JSON.parse(frame) as { id: unknown }).id));
  ours.send(JSON.stringify({ type: 'subscribe', id: 1, event: 'log.grew', key: 7 }));
  ours.send(JSON.stringify({ type: 'subscribe', id: 2, event: 'run.changed', key: 7 }));
  await turn();
  for (const lines of [1, 2]) {
    served.emit('log.grew', 7, { run: 7, lines });
    served.emit('run.changed', 7, { run: 7 });
  }
  await turn();
  expect(heard).toEqual([1, 2]);
  vi.advanceTimersByTime(20);
  await turn();
  expect(heard).toEqual([1, 2, 1]);
  vi.advanceTimersByTime(30);
  await turn();
  expect(heard).toEqual([1, 2, 1, 2]);
  await served.close();
});
