import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** What a child writes, at the pace of whoever takes it. */
export interface OutputSource {
  /**
   * Hands over what comes, bytes that are there until the call returns, and reads on when its answer has resolved. Resolves at
   * the end of the output, or when it was destroyed. To be called once.
   */
  drain(take: (bytes: Uint8Array) => Promise<void>): Promise<void>;
  destroy(): void;
}

/**
 * As much as a pipe of Linux holds. It is everybody's: what is read is handed over at once, and new memory for each piece would
 * cost as much as writing the log.
 */
const BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** Of a pipe's reading end, which is closed with it. */
export function sourceOfPipe(fd: number): OutputSource {
  let take: (bytes: Uint8Array) => Promise<void>;
  const onread = {
    buffer: BUFFER,
    callback(length: number, buffer: Uint8Array): boolean {
      take(buffer.subarray(0, length)).then(
        () => socket.resume(),
        () => socket.destroy(),
      );
      return false;
    },
  };
  const socket = new Socket({ fd, readable: true, writable: false, onread });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {}); // What follows is the close.
  return {
    drain(taken) {
      take = taken;
      socket.resume();
      return closed;
    },
    destroy: () => void socket.destroy(),
  };
}

/** Of one of Node's own streams. */
export function sourceOfStream(stream: Readable): OutputSource {
  return {
    async drain(take) {
      try {
        for await (const chunk of stream) await take(chunk as Uint8Array);
      } catch {
        // Destroyed, or broken, which is an end as well.
      }
    },
    destroy: () => void stream.destroy(),
  };
}
