import { expect, test } from 'vitest';
import { connect } from '../../electron/api/client.ts';
import { contract } from '../../electron/api/contract.ts';
import { serve, type Handlers, type Served } from '../../electron/api/rpc.ts';
import type { Wire } from '../../electron/api/wire.ts';
import { memoryWires } from '../../electron/host/memory-wire.ts';
import { Backend, type Connection } from '../../renderer/client/backend.ts';
import { handlersWith } from '../support/handlers.ts';

const SOON = { timeout: 5_000, interval: 5 };
const fail = (error: unknown) => {
  throw error;
};

/** A host that one connects to as often as one likes. */
function hostWith(some: Partial<Handlers>) {
  const served: { end: Served; wire: Wire }[] = [];
  const openWire = async () => {
    const [mine, theirs] = memoryWires();
    served.push({ end: serve(theirs, handlersWith(some), { onBug: fail }), wire: theirs });
    return mine;
  };
  return { served, openWire };
}

test('a call without a connection is refused with a sentence, not kept for later', async () => {
  const backend = new Backend(
    async () => fail(new Error('nobody there')) as never,
    () => contract,
  );
  await expect(backend.call('status', {})).rejects.toMatchObject({ code: 'closed' });
  backend.close();
});

test('whoever follows reads at once, after each hint, and again after a reconnect', async () => {
  let reads = 0;
  const { served, openWire } = hostWith({ 'settings.get': () => ({ reads: ++reads }) });
  const backend = new Backend(openWire, () => contract);
  const seen: unknown[] = [];
  const read = async () => void seen.push((await backend.call('settings.get', {}))['reads']);
  const stop = backend.follow(['status.changed'], read, fail);
  const connections: Connection[] = [];
  backend.onConnection((connection) => connections.push(connection));
  await backend.start();
  await expect.poll(() => seen, SOON).toEqual([1]);
  served[0]!.end.emit('status.changed', undefined, {});
  await expect.poll(() => seen, SOON).toEqual([1, 2]);
  await served[0]!.end.close();
  await expect.poll(() => seen, SOON).toEqual([1, 2, 3]);
  expect(connections).toEqual(['connecting', 'open', 'lost', 'open']);
  served[1]!.end.emit('status.changed', undefined, {});
  await expect.poll(() => seen, SOON).toEqual([1, 2, 3, 4]);
  stop();
  served[1]!.end.emit('status.changed', undefined, {});
  await backend.call('settings.get', {});
  expect(seen).toHaveLength(4);
  backend.close();
});

test('hints that come during a read are one read more, however many they are', async () => {
  let running = 0;
  let reads = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const { served, openWire } = hostWith({ 'settings.get': () => ({}) });
  const backend = new Backend(openWire, () => contract);
  const read = async () => {
    expect(++running).toBe(1);
    reads++;
    if (reads === 1) await promise;
    running--;
  };
  backend.follow(['queue.changed', 'jobs.changed'], read, fail);
  await backend.start();
  // Frames keep their order: when this is answered the host has the subscriptions, and below, the window the hints.
  await backend.call('settings.get', {});
  expect(reads).toBe(1);
  served[0]!.end.emit('queue.changed', undefined, {});
  served[0]!.end.emit('jobs.changed', undefined, {});
  await backend.call('settings.get', {});
  resolve();
  await expect.poll(() => reads, SOON).toBe(2);
  await backend.call('settings.get', {});
  expect(reads).toBe(2);
  backend.close();
});

test('a wire that is handed over closed is lost, never open', async () => {
  const [mine] = memoryWires();
  mine.close();
  await new Promise((done) => connect(mine, () => contract).onClose(() => done(null)));
  const backend = new Backend(
    async () => mine,
    () => contract,
  );
  const connections: Connection[] = [];
  backend.onConnection((connection) => connections.push(connection));
  await backend.start();
  await expect.poll(() => connections.at(-1), SOON).toBe('lost');
  expect(connections).not.toContain('open');
  backend.close();
});
