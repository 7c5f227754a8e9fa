import type { EventName, Input, Method, Output } from '../../electron/api/api.ts';
import { ApiError, connect, type Client } from '../../electron/api/client.ts';
import type { Contract } from '../../electron/api/contract.ts';
import type { Wire } from '../../electron/api/wire.ts';

export type Connection = 'connecting' | 'open' | 'lost';

/** A hint to listen to, of one key or of all. */
export type Hint = EventName | { event: EventName; key: number | string };

/** The first retry is at once for a person; a host that restarts is back within seconds, so the last is not long either. */
const RETRY_MS = [250, 500, 1_000, 2_000, 4_000];

/** Between two reads of the same when hints come faster than a person sees. */
const REST_MS = 100;
/** The same of a log, whose lines are waited for. */
export const LOG_REST_MS = 10;

/**
 * The window's end of the contract over a wire that may go and come back. Who reads state does it through `follow`, which reads
 * again after every hint and after every reconnect; nothing is carried over a gap.
 */
export class Backend {
  #openWire: () => Promise<Wire>;
  #contract: () => Contract | undefined;
  #client: Client | null = null;
  #connection: Connection = 'connecting';
  #listeners = new Set<(connection: Connection) => void>();
  #follows = new Set<(client: Client) => void>();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  #isClosed = false;

  constructor(openWire: () => Promise<Wire>, contract: () => Contract | undefined) {
    this.#openWire = openWire;
    this.#contract = contract;
  }

  /** Never rejects: it tries until it is closed. */
  async start(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      const client = connect(await this.#openWire(), this.#contract);
      if (this.#isClosed) return client.close();
      this.#client = client;
      client.onClose(() => this.#lose());
      // A wire can be closed before it is handed over; then it was lost already.
      if (this.#client !== client) return;
      this.#tries = 0;
      for (const follow of this.#follows) follow(client);
      this.#tell('open');
    } catch {
      // Why is of no use here: refused, unreachable and slow are all answered by trying again.
      this.#lose();
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#client?.close();
  }

  /** Rejects with an ApiError; with code `closed` while there is no connection. */
  async call<M extends Method>(method: M, input: Input<M>): Promise<Output<M>> {
    if (!this.#client) throw new ApiError('closed', 'Nightjar does not answer. The window connects again by itself.');
    return this.#client.call(method, input);
  }

  /**
   * Calls `read` now, after each of the hints and after each reconnect; never twice at the same time. An error of `read` other
   * than a closed connection goes to `onError`. After a read during which hints came it rests for `restMs`. Returns stop.
   */
  follow(
    hints: Hint[],
    read: () => Promise<void>,
    onError: (error: unknown) => void,
    restMs: number = REST_MS,
  ): () => void {
    let isReading = false;
    let isStale = false;
    let isStopped = false;
    let stops: (() => void)[] = [];
    const refresh = async (): Promise<void> => {
      isStale = true;
      if (isReading || isStopped) return;
      isReading = true;
      isStale = false;
      try {
        await read();
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'closed')) onError(error);
      }
      // What came during the read may not be in it. A queue that changes a hundred times a second is read ten times.
      if (isStale) await new Promise((resolve) => setTimeout(resolve, restMs));
      isReading = false;
      if (isStale) await refresh();
    };
    const attach = (client: Client) => {
      stops = hints.map((hint) => {
        const { event, key } = typeof hint === 'string' ? { event: hint, key: undefined } : hint;
        return client.on(event, key, () => void refresh());
      });
      // Subscribed first, then read: no change falls between the two.
      void refresh();
    };
    this.#follows.add(attach);
    if (this.#client) attach(this.#client);
    return () => {
      isStopped = true;
      this.#follows.delete(attach);
      for (const stop of stops) stop();
    };
  }

  /** Tells the current state at once, and each later one. Returns stop. */
  onConnection(listener: (connection: Connection) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#connection);
    return () => this.#listeners.delete(listener);
  }

  #lose(): void {
    this.#client = null;
    if (this.#isClosed) return;
    this.#tell(this.#connection === 'connecting' && this.#tries < 2 ? 'connecting' : 'lost');
    const waitMs = RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)];
    this.#retry = setTimeout(() => void this.start(), waitMs);
  }

  #tell(connection: Connection): void {
    this.#connection = connection;
    for (const listener of this.#listeners) listener(connection);
  }
}
