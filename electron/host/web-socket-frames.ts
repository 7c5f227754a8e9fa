import type { WebSocket } from 'ws';
import { MAX_FRAME_LENGTH } from '../api/wire.ts';
import type { Wire } from '../api/wire.ts';

/** Bytes that one message may have: a character takes at most three in UTF-8 (four, for two of JavaScript's characters). */
export const MAX_MESSAGE_BYTES = 3 * MAX_FRAME_LENGTH;

/**
 * Bytes. Who reads more slowly than we write makes us hold what it has not read; a window that was suspended reconnects and
 * reads again, so nothing is lost by closing it.
 */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;

/** How long the other end has to answer that we close. */
const CLOSE_TIMEOUT_MS = 1_000;

/** An open WebSocket as a wire. */
export function wireOf(socket: WebSocket): Wire {
  let isClosed = false;
  const closeListeners: (() => void)[] = [];
  // Too long a message, a broken frame, a reset connection: `close` follows each of them and says all that matters.
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
    for (const listener of closeListeners.splice(0)) listener();
  });
  return {
    send(frame) {
      if (socket.readyState !== socket.OPEN) return;
      socket.send(frame);
      if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
    },
    onFrame(listener) {
      socket.on('message', (data, isBinary) => {
        if (isBinary) socket.close(1003, 'frames are text');
        else listener(String(data));
      });
    },
    onClose(listener) {
      if (isClosed) listener();
      else closeListeners.push(listener);
    },
    close() {
      if (isClosed) return;
      socket.close(1000);
      const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
      closeListeners.push(() => clearTimeout(timer));
    },
  };
}
