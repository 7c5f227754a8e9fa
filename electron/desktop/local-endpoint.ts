import { existsSync } from 'node:fs';
import type { Handlers, Served } from '../api/rpc.ts';
import { makeToken, removeEndpoint, writeEndpoint } from '../host/endpoint.ts';
import { serveHttp, type HttpHost } from '../host/web-socket-wire.ts';

export interface LocalEndpointOptions {
  readonly dataFolder: string;
  readonly windowFolder: string;
  readonly handlers: Handlers;
  readonly onBug: (error: unknown) => void;
}

/** The desktop's endpoint on 127.0.0.1, so that every command of `nightjar` works against it. Can be switched off and on again. */
export class LocalEndpoint {
  readonly #options: LocalEndpointOptions;
  #open: { http: HttpHost; token: string } | undefined;
  #change: Promise<void> = Promise.resolve();

  constructor(options: LocalEndpointOptions) {
    this.#options = options;
  }

  readonly emit: Served['emit'] = (event, key, data) => this.#open?.http.emit(event, key, data);

  /** Opens or closes it, after what was asked before; resolves when that is done. */
  set(isOn: boolean): Promise<void> {
    const change = this.#change.then(() => (isOn ? this.#start() : this.#stop()));
    this.#change = change.catch(() => {});
    return change;
  }

  async #start(): Promise<void> {
    if (this.#open !== undefined) return;
    const { dataFolder, windowFolder, handlers, onBug } = this.#options;
    const token = makeToken();
    const staticFolder = existsSync(windowFolder) ? windowFolder : null;
    const http = await serveHttp({ port: 0, handlers, token, staticFolder, onBug });
    this.#open = { http, token };
    await writeEndpoint(dataFolder, { port: http.port, token, pid: process.pid, url: http.url });
  }

  async #stop(): Promise<void> {
    if (this.#open === undefined) return;
    const { http, token } = this.#open;
    this.#open = undefined;
    await removeEndpoint(this.#options.dataFolder, token);
    await http.close();
  }
}
