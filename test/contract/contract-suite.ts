import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { connect } from '../../electron/api/client.ts';
import type { Client } from '../../electron/api/client.ts';
import { contract } from '../../electron/api/contract.ts';
import type { Handlers, Served } from '../../electron/api/rpc.ts';
import { MAX_FRAME_LENGTH } from '../../electron/api/wire.ts';
import type { Wire } from '../../electron/api/wire.ts';
import { Failure } from '../../electron/scheduler/failure.ts';
import { handlersWith } from '../support/handlers.ts';

/** One way from a caller to a host that serves these handlers. `dial` may be called several times. */
export interface Line {
  dial(): Promise<Wire>;
  readonly emit: Served['emit'];
  close(): Promise<void>;
}
export type OpenLine = (handlers: Handlers, onBug: (thrown: unknown) => void) => Promise<Line>;

/** What the contract promises over every wire; each wire's own test file calls this with its way of making one. */
export function contractSuite(name: string, openLine: OpenLine): void {
  describe(`the contract over ${name}`, () => {
    const lines: Line[] = [];
    afterEach(async () => {
      for (const line of lines.splice(0)) await line.close();
    });

    async function open(some: Partial<Handlers>): Promise<{ line: Line; client: Client; bugs: unknown[] }> {
      const bugs: unknown[] = [];
      const line = await openLine(handlersWith(some), (thrown) => bugs.push(thrown));
      lines.push(line);
      return { line, client: connect(await line.dial(), () => contract), bugs };
    }

    test('a call comes back with what the handler answers, and the handler sees defaults filled in', async () => {
      const seen: unknown[] = [];
      const { client } = await open({
        'jobs.upcoming': (input) => {
          seen.push(input);
          return { occurrences: [{ job: 'backup', dueAt: 7, medianMs: null }], bands: [] };
        },
      });
      expect(await client.call('jobs.upcoming', { hours: 2 })).toEqual({
        occurrences: [{ job: 'backup', dueAt: 7, medianMs: null }],
        bands: [],
      });
      expect(seen).toEqual([{ hours: 2, limit: 5_000 }]);
    });

    test('a list of thousands comes whole and in order, in parts that others have their turn between', async () => {
      // More than one frame may hold.
      const texts = Array.from({ length: 5_000 }, (_, index) => `${index} ${'x'.repeat(1_000)}`);
      const checks = texts.map((text) => ({ name: text, isOk: true, message: '' }));
      const { client } = await open({
        doctor: () => checks as never,
        'files.read': ({ path }) => ({ path, text: '', version: '1', problems: [] }),
      });
      let isListed = false;
      const list = client.call('doctor', {}).finally(() => (isListed = true));
      await client.call('files.read', { path: 'quick' });
      expect(isListed).toBe(false);
      expect((await list).map((check) => check.name)).toEqual(texts);
    });

    test('so does each list in an answer, and what it has beside them', async () => {
      const occurrences = Array.from({ length: 12_345 }, (_, dueAt) => ({ job: 'a', dueAt, medianMs: null }));
      const band = { job: 'a', firstAt: 1, lastAt: 2, count: 2, medianMs: 3 };
      const bands = Array.from({ length: 999 }, (_, firstAt) => ({ ...band, firstAt }));
      const { client } = await open({
        'jobs.upcoming': () => ({ occurrences, bands }),
        'runs.list': () => ({ runs: [], hasMore: true }),
      });
      expect(await client.call('jobs.upcoming', { hours: 1, limit: 20_000 })).toEqual({ occurrences, bands });
      expect(await client.call('runs.list', {})).toEqual({ runs: [], hasMore: true });
    });

    test('a list that turns out wrong in its middle is no answer', async () => {
      const checks = Array.from({ length: 500 }, (_, i) => ({ name: i === 300 ? 7 : 'a', isOk: true, message: '' }));
      const { client, bugs } = await open({ doctor: () => checks as never });
      await expect(client.call('doctor', {})).rejects.toMatchObject({ code: 'internal' });
      expect(bugs).toHaveLength(1);
    });

    test('a slow answer holds up no quick one, and each reaches who asked', async () => {
      const release: (() => void)[] = [];
      const { client } = await open({
        'files.read': async ({ path }) => {
          if (path === 'slow') await new Promise<void>((resolve) => release.push(resolve));
          return { path, text: '', version: '1', problems: [] };
        },
      });
      const slow = client.call('files.read', { path: 'slow' });
      expect((await client.call('files.read', { path: 'quick' })).path).toBe('quick');
      for (const go of release) go();
      expect((await slow).path).toBe('slow');
    });

    test('a Failure crosses with its code and its sentence', async () => {
      const { client, bugs } = await open({
        'runs.cancel': () => {
          throw new Failure('no-such-run', 'There is no run 7.');
        },
      });
      const error = { name: 'ApiError', code: 'no-such-run', message: 'There is no run 7.' };
      await expect(client.call('runs.cancel', { run: 7 })).rejects.toMatchObject(error);
      expect(bugs).toEqual([]);
    });

    test('a bug crosses as `internal` without a word of its own, and the host is told all of it', async () => {
      const { client, bugs } = await open({ doctor: () => JSON.parse('secret path') });
      const said = await client.call('doctor', {}).catch((error: unknown) => error);
      expect(said).toMatchObject({ code: 'internal' });
      expect(String(said)).not.toContain('secret');
      expect(bugs).toEqual([expect.any(SyntaxError)]);
    });

    test('an answer that breaks the contract is a bug of the host, and never arrives', async () => {
      const { client, bugs } = await open({ doctor: () => [{ name: 'git' }] as never });
      await expect(client.call('doctor', {})).rejects.toMatchObject({ code: 'internal' });
      expect(bugs).toHaveLength(1);
    });

    test('what the contract does not name is cut off an answer', async () => {
      const { client } = await open({ 'settings.set': () => ({ password: 'x' }) as never });
      expect(await client.call('settings.set', { key: 'a', value: 1 })).toEqual({});
    });

    test('a wrong input is refused with the path of what is wrong, by the caller and by the host', async () => {
      const { client, line } = await open({});
      const refused = { code: 'bad-input', message: expect.stringContaining('`hours`') };
      await expect(client.call('jobs.upcoming', { hours: 0 })).rejects.toMatchObject(refused);
      const raw = await rawOf(line);
      raw.wire.send(JSON.stringify({ type: 'call', id: 3, method: 'jobs.upcoming', input: { hours: 'x' } }));
      expect(await raw.next()).toMatchObject({ type: 'error', id: 3, ...refused });
    });

    test('methods, events and keys that do not exist are refused, those of the prototype among them', async () => {
      const { line } = await open({});
      const raw = await rawOf(line);
      for (const method of ['constructor', '__proto__', 'runs.steal']) {
        raw.wire.send(JSON.stringify({ type: 'call', id: 1, method, input: {} }));
        expect(await raw.next()).toMatchObject({ type: 'error', id: 1, code: 'unknown-method' });
      }
      raw.wire.send(JSON.stringify({ type: 'subscribe', id: 2, event: 'toString' }));
      expect(await raw.next()).toMatchObject({ code: 'unknown-event' });
      raw.wire.send(JSON.stringify({ type: 'subscribe', id: 2, event: 'log.grew' }));
      expect(await raw.next()).toMatchObject({ code: 'bad-input' });
    });

    test('an answer of more than 4 MiB is refused, and the wire lives on', async () => {
      const { client } = await open({
        'settings.get': () => ({ big: 'x'.repeat(MAX_FRAME_LENGTH) }),
        doctor: () => [],
      });
      await expect(client.call('settings.get', {})).rejects.toMatchObject({ code: 'too-large' });
      const input = { key: 'big', value: 'x'.repeat(MAX_FRAME_LENGTH) };
      await expect(client.call('settings.set', input)).rejects.toMatchObject({ code: 'too-large' });
      expect(await client.call('doctor', {})).toEqual([]);
    });

    test('a job file of 1 MiB of quotes and umlauts can be saved', async () => {
      const { client } = await open({ 'files.save': ({ path, text }) => ({ path, text, version: '1', problems: [] }) });
      const text = '"ü"\n'.repeat(262_144);
      expect((await client.call('files.save', { path: 'a.yml', text, basedOn: null })).text).toBe(text);
    });

    test('when the wire closes, waiting calls are rejected and later ones too', async () => {
      const { client } = await open({ doctor: () => new Promise(() => {}) });
      const waiting = client.call('doctor', {});
      const closed = new Promise<void>((resolve) => client.onClose(resolve));
      client.close();
      await expect(waiting).rejects.toMatchObject({ code: 'closed' });
      await closed;
      await expect(client.call('doctor', {})).rejects.toMatchObject({ code: 'closed' });
      await new Promise<void>((resolve) => client.onClose(resolve));
    });

    test('an event reaches who subscribed to it or to its key, until they stop', async () => {
      const { client, line } = await open({ doctor: () => [] });
      const heard: string[] = [];
      client.on('run.changed', undefined, ({ run }) => heard.push(`any ${run}`));
      const stop = client.on('run.changed', 1, ({ run }) => heard.push(`one ${run}`));
      client.on('queue.changed', undefined, () => heard.push('queue'));
      await client.call('doctor', {});
      line.emit('run.changed', 1, { run: 1 });
      line.emit('run.changed', 2, { run: 2 });
      await expect.poll(() => heard.toSorted()).toEqual(['any 1', 'any 2', 'one 1']);
      stop();
      await client.call('doctor', {});
      line.emit('run.changed', 1, { run: 1 });
      await expect.poll(() => heard.slice(3)).toEqual(['any 1']);
    });

    test('of a burst of events the first is heard at once, and then the last, once', async () => {
      const { client, line } = await open({ doctor: () => [] });
      const heard: number[] = [];
      client.on('log.grew', 7, ({ lines: grownTo }) => heard.push(grownTo));
      await client.call('doctor', {});
      for (let count = 1; count <= 1_000; count++) line.emit('log.grew', 7, { run: 7, lines: count });
      line.emit('log.grew', 8, { run: 8, lines: 5 });
      await expect.poll(() => heard).toEqual([1, 1_000]);
      await client.call('doctor', {});
      expect(heard).toEqual([1, 1_000]);
    });

    test('no frame brings the host down: after any of them it answers the next call', async () => {
      const { line, bugs } = await open({ doctor: () => [] });
      const raw = await rawOf(line);
      const id = fc.oneof(fc.nat(5), fc.anything());
      const wild = fc.oneof(
        fc.string(),
        fc.json(),
        fc.constantFrom('null', '[]', '{}', '"call"', '['.repeat(200_000), '{"type":"call","id":1e400}'),
        fc
          .record({
            type: fc.constantFrom('call', 'subscribe', 'unsubscribe', 'ok', 'event', 'x'),
            id,
            method: fc.constantFrom('doctor', 'runs.list', 'log.slice', '__proto__', 7),
            event: fc.constantFrom('run.changed', 'log.grew', 'constructor', null),
            key: fc.oneof(fc.nat(3), fc.anything()),
            input: fc.object({ key: fc.constantFrom('run', 'from', 'limit', '__proto__') }),
          })
          .map((frame) => toText(frame)),
      );
      let probe = 1_000;
      await fc.assert(
        fc.asyncProperty(fc.array(wild, { maxLength: 20 }), async (frames) => {
          for (const frame of frames) raw.wire.send(frame);
          probe += 1;
          raw.wire.send(JSON.stringify({ type: 'call', id: probe, method: 'doctor', input: {} }));
          for (;;) {
            const answer = (await raw.next()) as { type: string; id: unknown };
            if (answer.id !== probe) continue;
            return answer.type === 'ok';
          }
        }),
        { numRuns: 60 },
      );
      expect(bugs).toEqual([]);
    });

    test('a huge frame is answered with an error or with a closed wire, and others are served on', async () => {
      const { line, client } = await open({ doctor: () => [] });
      const raw = await rawOf(line);
      raw.wire.send('x'.repeat(4 * MAX_FRAME_LENGTH));
      expect(await raw.next()).toMatchObject({ code: expect.stringMatching(/^(bad-frame|wire-closed)$/) });
      expect(await client.call('doctor', {})).toEqual([]);
    });

    test('a wire takes a limited number of calls at once and of subscriptions', async () => {
      const { line } = await open({ doctor: () => new Promise(() => {}) });
      const raw = await rawOf(line);
      for (let id = 0; id <= 256; id++)
        raw.wire.send(JSON.stringify({ type: 'call', id, method: 'doctor', input: {} }));
      expect(await raw.next()).toMatchObject({ type: 'error', id: 256, code: 'busy' });
      for (let id = 0; id <= 1_000; id++) {
        raw.wire.send(JSON.stringify({ type: 'subscribe', id, event: 'queue.changed' }));
      }
      expect(await raw.next()).toMatchObject({ type: 'error', code: 'busy' });
    });

    test('an id that is under way already is refused and disturbs nobody', async () => {
      const release: (() => void)[] = [];
      const { line } = await open({ doctor: () => new Promise((resolve) => release.push(() => resolve([]))) });
      const raw = await rawOf(line);
      for (let i = 0; i < 2; i++) raw.wire.send(JSON.stringify({ type: 'call', id: 1, method: 'doctor', input: {} }));
      expect(await raw.next()).toMatchObject({ type: 'error', id: null, code: 'bad-frame' });
      for (const go of release) go();
      expect(await raw.next()).toEqual({ type: 'ok', id: 1, output: [] });
    });
  });
}

/** A caller without manners: sends what it likes, reads what comes; a closed wire reads as `wire-closed`. */
async function rawOf(line: Line): Promise<{ wire: Wire; next(): Promise<unknown> }> {
  const wire = await line.dial();
  const frames: unknown[] = [];
  const waiting: ((frame: unknown) => void)[] = [];
  const arrive = (frame: unknown) => {
    const next = waiting.shift();
    if (next === undefined) frames.push(frame);
    else next(frame);
  };
  wire.onFrame((text) => arrive(JSON.parse(text)));
  wire.onClose(() => arrive({ code: 'wire-closed' }));
  const next = () => (frames.length > 0 ? frames.shift() : new Promise((resolve) => waiting.push(resolve)));
  return { wire, next: async () => next() };
}

function toText(frame: unknown): string {
  try {
    return JSON.stringify(frame) ?? 'undefined';
  } catch {
    // A BigInt or a toJSON that throws: no frame of anybody's.
    return '';
  }
}
