import type { Readable } from 'node:stream';
import type { OutputStream } from './executor.ts';

export interface Piece {
  readonly stream: OutputStream;
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 8;

/**
 * Takes apart the engine's two-in-one stream: frames of a stream's number, three noughts, a length, and that many bytes. Hands
 * out what is there and never waits for the rest of a frame, so it holds no more than one chunk. Reading is the caller's pace.
 *
 * Throws what the stream throws, and what the engine says on its own behalf (stream 3: its log could not be read).
 */
export async function* readFrames(source: Readable): AsyncGenerator<Piece> {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let left = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    let at = 0;
    while (at < chunk.length) {
      if (left === 0) {
        const copied = chunk.copy(header, headerBytes, at, at + HEADER_BYTES - headerBytes);
        at += copied;
        headerBytes += copied;
        if (headerBytes < HEADER_BYTES) continue;
        headerBytes = 0;
        left = header.readUInt32BE(4);
        continue;
      }
      const bytes = chunk.subarray(at, at + left);
      at += bytes.length;
      left -= bytes.length;
      switch (header[0]) {
        case 1:
          yield { stream: 'stdout', bytes };
          break;
        case 2:
          yield { stream: 'stderr', bytes };
          break;
        default:
          throw new Error(`The engine says: ${bytes.toString()}`);
      }
    }
  }
}
