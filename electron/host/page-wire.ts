import type { Wire } from '../api/wire.ts';

/**
 * The desktop's wire: one fixed channel of Electron's ipc, on which (session, frame) goes either way; a frame that is null closes
 * the session. The page's end begins a session with a name of its own each time somebody listens to it, so a page that was loaded
 * again, or that connects again, never gets an answer that was meant for an earlier one.
 */
export const CHANNEL = 'nightjar';

/** What the page's end needs of Electron's `ipcRenderer`. */
export interface PageIpc {
  send(channel: string, ...message: unknown[]): void;
  on(channel: string, listener: (event: unknown, ...message: unknown[]) => void): unknown;
}

/** The page's end, for the preload script. One session at a time: listening begins a new one. */
export function pageWire(ipc: PageIpc): Wire {
  let session = '';
  let receive: (frame: string) => void = () => {};
  let closeListeners: (() => void)[] = [];

  function end(): void {
    session = '';
    receive = () => {};
    const listeners = closeListeners;
    closeListeners = [];
    for (const listener of listeners) listener();
  }

  function close(): void {
    if (session === '') return;
    ipc.send(CHANNEL, session, null);
    end();
  }

  ipc.on(CHANNEL, (_event, from, frame) => {
    if (from !== session) return;
    if (typeof frame === 'string') receive(frame);
    else end();
  });
  // Electron's bridge hands each function over by itself: there is no `this` on the other side.
  return {
    send(frame) {
      if (session !== '') ipc.send(CHANNEL, session, frame);
    },
    onFrame(listener) {
      close();
      session = crypto.randomUUID();
      receive = listener;
    },
    onClose(listener) {
      if (session === '') listener();
      else closeListeners.push(listener);
    },
    close,
  };
}
