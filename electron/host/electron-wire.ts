import type { IpcMainEvent, WebContents } from 'electron';
import { serve } from '../api/rpc.ts';
import type { Handlers, Served } from '../api/rpc.ts';
import type { Wire } from '../api/wire.ts';
import { CHANNEL } from './page-wire.ts';

/** What the host's end needs of Electron's `ipcMain`. */
export interface HostIpc {
  on(channel: string, listener: (event: IpcMainEvent, ...message: unknown[]) => void): unknown;
  off(channel: string, listener: (event: IpcMainEvent, ...message: unknown[]) => void): unknown;
}

export interface ElectronHostOptions {
  readonly ipc: HostIpc;
  readonly handlers: Handlers;
  /** Whether an address is one of the window's own pages. */
  readonly isOwnPage: (url: string) => boolean;
  readonly onBug: (thrown: unknown) => void;
}

export interface ElectronHost {
  readonly emit: Served['emit'];
  /** Closes every session; resolves when the calls that were under way have ended. */
  close(): Promise<void>;
}

/** The host's end of page-wire.ts: serves every window whose main frame shows a page of ours, and is deaf to everybody else. */
export function serveElectron({ ipc, handlers, isOwnPage, onBug }: ElectronHostOptions): ElectronHost {
  const sessions = new Map<number, { name: string; end: HostEnd; served: Served }>();

  function open(sender: WebContents, name: string): HostEnd {
    sessions.get(sender.id)?.end.finish();
    const end = new HostEnd((frame) => {
      // A page that crashed or was closed: who sends to it is told by `destroyed`.
      if (!sender.isDestroyed()) sender.send(CHANNEL, name, frame);
    });
    sessions.set(sender.id, { name, end, served: serve(end, handlers, { onBug }) });
    const gone = () => end.finish();
    sender.once('destroyed', gone);
    sender.once('render-process-gone', gone);
    end.onClose(() => {
      if (sessions.get(sender.id)?.end === end) sessions.delete(sender.id);
      if (sender.isDestroyed()) return;
      sender.off('destroyed', gone);
      sender.off('render-process-gone', gone);
    });
    return end;
  }

  function hear({ sender, senderFrame }: IpcMainEvent, name: unknown, frame: unknown): void {
    // Null: the frame has navigated away since. A frame within the page has a parent, and no business here.
    if (senderFrame === null || senderFrame.parent !== null || !isOwnPage(senderFrame.url)) return;
    if (typeof name !== 'string' || name.length > 100) return;
    const known = sessions.get(sender.id);
    const end = known?.name === name ? known.end : undefined;
    if (typeof frame === 'string') (end ?? open(sender, name)).receive(frame);
    else end?.finish();
  }

  ipc.on(CHANNEL, hear);
  return {
    emit(event, key, data) {
      for (const { served } of sessions.values()) served.emit(event, key, data);
    },
    async close() {
      ipc.off(CHANNEL, hear);
      await Promise.all([...sessions.values()].map(({ served }) => served.close()));
    },
  };
}

class HostEnd implements Wire {
  readonly #post: (frame: string | null) => void;
  #onFrame: (frame: string) => void = () => {};
  #onClose: (() => void)[] = [];
  #isClosed = false;

  constructor(post: (frame: string | null) => void) {
    this.#post = post;
  }

  send(frame: string): void {
    if (!this.#isClosed) this.#post(frame);
  }

  receive(frame: string): void {
    if (!this.#isClosed) this.#onFrame(frame);
  }

  onFrame(listener: (frame: string) => void): void {
    this.#onFrame = listener;
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClose.push(listener);
  }

  close(): void {
    if (!this.#isClosed) this.#post(null);
    this.finish();
  }

  /** The page is gone, or says that it is done: nothing is sent to it any more. */
  finish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const listener of this.#onClose.splice(0)) listener();
  }
}
