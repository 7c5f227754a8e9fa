import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import type { Clock } from '../../electron/scheduler/clock.ts';

export interface Asked {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

/** `drop`: the connection breaks without an answer. */
export type Answer =
  | {
      readonly status?: number;
      readonly headers?: Record<string, string>;
      readonly json?: unknown;
      readonly text?: string | Buffer;
    }
  | 'drop';

/** Instead of the service, once: what it answers to the next request that this is for. Undefined: it is not for this one. */
type Fault = (asked: Asked) => Answer | Promise<Answer> | undefined;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** A service over real HTTP on a free port of this machine; closed after the test. */
export async function serve(answer: (asked: Asked) => Answer | Promise<Answer>) {
  const asked: Asked[] = [];
  const faults: Fault[] = [];
  const server = createServer((request, response) => void respond(request, response));

  function faultyAnswer(one: Asked): Answer | Promise<Answer> | undefined {
    for (const [index, fault] of faults.entries()) {
      const told = fault(one);
      if (told === undefined) continue;
      faults.splice(index, 1);
      return told;
    }
    return undefined;
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://service');
    const text = Buffer.concat(chunks).toString();
    const one: Asked = {
      method: request.method ?? '',
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
    asked.push(one);
    const told = (await faultyAnswer(one)) ?? (await answer(one));
    if (told === 'drop') {
      request.socket.destroy();
      return;
    }
    const isText = told.text !== undefined;
    response.writeHead(told.status ?? 200, {
      'content-type': isText ? 'text/plain' : 'application/json',
      ...told.headers,
    });
    response.end(isText ? told.text : told.status === 204 ? undefined : JSON.stringify(told.json ?? {}));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  open.push({
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    /** Queues what goes wrong, each once. */
    fail: (...more: Fault[]) => void faults.push(...more),
    count: (method: string, path: RegExp) => asked.filter((one) => one.method === method && path.test(one.path)).length,
  };
}

/** So many times as fast as the wall: waits of seconds are milliseconds and keep their order. */
function clockAt(faster: number): Clock {
  const startedAt = Date.now();
  return {
    now: () => startedAt + (Date.now() - startedAt) * faster,
    after(ms, callback) {
      const timer = setTimeout(callback, ms / faster);
      return () => clearTimeout(timer);
    },
  };
}

export const fastClock = clockAt(500);
/** For what has a time limit of a minute, which a busy machine must not reach. */
export const steadyClock = clockAt(30);
