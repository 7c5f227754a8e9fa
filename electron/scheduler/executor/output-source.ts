import { closeSync } from 'node:fs';
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

/** Of a pipe's reading end, which is closed with it. Nothing is read before it is drained: a shell may complain before its command begins. */
export function sourceOfPipe(fd: number): OutputSource {
  let socket: Socket | undefined;
  let isDestroyed = false;
  return {
    drain(take) {
      if (isDestroyed) return Promise.resolve();
      const onread = {
        buffer: BUFFER,
        callback(length: number, buffer: Uint8Array): boolean {
          take(buffer.subarray(0, length)).then(
            () => opened.resume(),
            () => opened.destroy(),
          );
          return false;
        },
      };
      const opened = new Socket({ fd, readable: true, writable: false, onread });
      socket = opened;
      opened.on('error', () => {}); // What follows is the close.
      return new Promise((resolve) => opened.once('close', () => resolve()));
    },
    destroy() {
      if (socket === undefined && !isDestroyed) closeSync(fd);
      socket?.destroy();
      isDestroyed = true;
    },
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
