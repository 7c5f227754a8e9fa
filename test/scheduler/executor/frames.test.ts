import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFrames } from '../../../electron/scheduler/executor/frames.ts';

function frame(stream: number, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

async function read(source: Readable): Promise<Record<'stdout' | 'stderr', Buffer>> {
  const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  for await (const { stream, bytes } of readFrames(source)) parts[stream].push(bytes);
  return { stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr) };
}

test('however the bytes are cut on their way, each stream gets its own in order', async () => {
  const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 40 })), { maxLength: 20 });
  const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(frames, cuts, async (sent, sizes) => {
      const whole = Buffer.concat(sent.map(([stream, bytes]) => frame(stream, bytes)));
      const chunks: Buffer[] = [];
      for (let at = 0, turn = 0; at < whole.length; turn++) {
        const size = sizes[turn % sizes.length]!;
        chunks.push(whole.subarray(at, at + size));
        at += size;
      }
      const of = (wanted: number) =>
        Buffer.concat(sent.filter(([stream]) => stream === wanted).map(([, bytes]) => bytes));
      expect(await read(Readable.from(chunks))).toEqual({ stdout: of(1), stderr: of(2) });
    }),
  );
});

test('what is there of a frame is handed out before the rest has come', async () => {
  const source = new PassThrough();
  const pieces = readFrames(source);
  source.write(frame(1, Buffer.from('whole line')).subarray(0, 13));
  expect((await pieces.next()).value).toMatchObject({ stream: 'stdout', bytes: Buffer.from('whole') });
  source.end(frame(1, Buffer.from('whole line')).subarray(13));
  expect((await pieces.next()).value).toMatchObject({ bytes: Buffer.from(' line') });
  expect((await pieces.next()).done).toBe(true);
});

test('what the engine says on its own behalf is an error, not output', async () => {
  const source = Readable.from([frame(3, Buffer.from('error reading the log'))]);
  await expect(read(source)).rejects.toThrow('error reading the log');
});
