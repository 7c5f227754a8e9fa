import type { Input } from '../../electron/api/api.ts';
import { ApiError } from '../../electron/api/client.ts';
import type { Backend } from '../client/backend.ts';

export type Size = Omit<Input<'shell.resize'>, 'shell'>;

/** The host closes a shell that nobody reads from for minutes; a quiet one is read now and then. */
const HEARTBEAT_MS = 60_000;
/** Characters of one call; what is pasted may be longer. */
const MOST_TYPED = 60_000;

/** A shell in a kept container: what it shows goes to `show`, in order and without a gap, over a lost connection too. */
export class Shell {
  /** Why there is no more to see; null while there may be. */
  ended: string | null = $state(null);
  isOpen = $state(false);
  readonly #backend: Backend;
  readonly #show: (text: string) => Promise<void>;
  #id: number | undefined;
  #at = 0;
  #typing: Promise<unknown> = Promise.resolve();
  #stop: () => void = () => {};
  #isClosed = false;

  /** `show` resolves when it has room for more. */
  constructor(backend: Backend, show: (text: string) => Promise<void>) {
    this.#backend = backend;
    this.#show = show;
  }

  async open(taskRunId: number, size: Size): Promise<void> {
    try {
      const { shell } = await this.#backend.call('shell.open', { taskRunId, ...size });
      this.#id = shell;
      if (this.#isClosed) return void (await this.#backend.call('shell.close', { shell }));
      this.isOpen = true;
      const fail = (error: unknown) => this.#fail(error);
      const stop = this.#backend.follow([{ event: 'shell.grew', key: shell }], () => this.#read(shell), fail);
      const heart = setInterval(() => void this.#read(shell).catch(fail), HEARTBEAT_MS);
      this.#stop = () => {
        stop();
        clearInterval(heart);
      };
    } catch (error) {
      this.#fail(error);
    }
  }

  /** One piece after the other, as they were typed. */
  type(text: string): void {
    const shell = this.#id;
    if (shell === undefined || this.ended !== null) return;
    for (let at = 0; at < text.length; at += MOST_TYPED) {
      const piece = text.slice(at, at + MOST_TYPED);
      this.#typing = this.#typing
        .then(() => this.#backend.call('shell.write', { shell, text: piece }))
        .catch((error: unknown) => this.#fail(error));
    }
  }

  resize(size: Size): void {
    if (this.#id === undefined || this.ended !== null) return;
    this.#backend.call('shell.resize', { shell: this.#id, ...size }).catch((error: unknown) => this.#fail(error));
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
    // Whatever it answers, nobody looks any more.
    if (this.#id !== undefined) this.#backend.call('shell.close', { shell: this.#id }).catch(() => {});
  }

  async #read(shell: number): Promise<void> {
    while (!this.#isClosed && this.ended === null) {
      const { from, text, ended } = await this.#backend.call('shell.read', { shell, from: this.#at });
      // Two readers at once (a hint beside the heart's beat): what the other has shown is not shown again.
      const news = text.slice(Math.max(0, this.#at - from));
      this.#at = from + text.length;
      if (news !== '') await this.#show(news);
      if (ended !== null) this.#end(ended);
      else if (news === '') return;
    }
  }

  #end(why: string): void {
    this.ended = why;
    this.#stop();
  }

  /** A lost connection is mended by itself, and the shell waits over there. */
  #fail(error: unknown): void {
    if (this.#isClosed || (error instanceof ApiError && error.code === 'closed' && this.#id !== undefined)) return;
    this.#end(error instanceof Error ? error.message : String(error));
  }
}
