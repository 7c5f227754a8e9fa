import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Handlers, Served } from '../api/rpc.ts';
import { Failure } from '../scheduler/failure.ts';
import { isAllowedHost, protocolOf, refusalOf } from './access.ts';
import type { Door } from './access.ts';
import type { OfferedFiles } from './offered-files.ts';
import { pageHeaders } from './page-policy.ts';
import { sendStatic, sendText } from './static-files.ts';
import { MAX_MESSAGE_BYTES, wireOf } from './web-socket-frames.ts';

// An `import` of it reads all that it offers, and so loads undici for a WebSocket of its own: 25 ms of a start, beside 4.
const http = process.getBuiltinModule('node:http');

export interface HttpOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly handlers: Handlers;
  readonly token: string;
  /** The built renderer; null: a page that says that there is none. */
  readonly staticFolder: string | null;
  /** Files that may be downloaded; left out: none ever is. */
  readonly offered?: OfferedFiles;
  readonly onBug: (thrown: unknown) => void;
  /** Besides its own: `http://localhost:5173` of a development server. */
  readonly allowedOrigins?: readonly string[];
}

export interface HttpHost {
  readonly port: number;
  /** Without the token: `http://127.0.0.1:4310`. */
  readonly url: string;
  readonly emit: Served['emit'];
  /** Closes every connection; resolves when the calls that were under way have ended, or after 5 s. */
  close(): Promise<void>;
}

/** A laptop that slept or a browser that was killed leaves no FIN: two silent intervals and the connection is closed. */
const PING_INTERVAL_MS = 30_000;
/** Windows of one user on one machine. */
const MAX_CONNECTIONS = 64;
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * The contract and the built renderer on 127.0.0.1, for the headless host, for the desktop beside its own window, and for the
 * command line. Throws a Failure with code `port-in-use` where the port is taken.
 */
export async function serveHttp(options: HttpOptions): Promise<HttpHost> {
  const connections = new Map<WebSocket, Served>();
  let isClosed = false;
  let known: WebSocketServer | undefined;
  // The contract's schemas and what speaks WebSocket take a sixth of a start, so they are loaded when the first window asks for its page.
  const api = async () => {
    const [{ serve }, ws] = await Promise.all([import('../api/rpc.ts'), import('ws')]);
    known ??= new ws.WebSocketServer({
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      handleProtocols: () => protocolOf(options.token),
      // Each call in a turn of its own: hundreds that arrive in one packet would be answered in one, for a tenth of a second.
      allowSynchronousEvents: false,
    });
    return { serve, sockets: known };
  };
  const server = http.createServer((request, response) => {
    api().catch(options.onBug);
    answer(request, response, door, options).catch((thrown) => {
      response.destroy();
      // Who goes away in the middle of a file is no bug of ours.
      if (!request.destroyed) options.onBug(thrown);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const what = `Cannot listen on port ${options.port} of 127.0.0.1`;
      const why = error.code === 'EADDRINUSE' ? 'something else does already' : error.message;
      reject(new Failure('port-in-use', `${what}: ${why}. Choose another port with --port.`, { cause: error }));
    });
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const door: Door = { port, token: options.token, allowedOrigins: options.allowedOrigins ?? [] };

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const status = request.url === '/api' ? refusalOf(request, door) : 404;
    const refusal = status ?? (connections.size >= MAX_CONNECTIONS ? 503 : undefined);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    upgrade(request, socket, head).catch(options.onBug);
  });
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const { serve, sockets } = await api();
    if (isClosed) socket.destroy();
    if (socket.destroyed) return;
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      connections.set(webSocket, serve(wireOf(webSocket), options.handlers, { onBug: options.onBug }));
      webSocket.on('close', () => connections.delete(webSocket));
    });
  };

  const silent = new WeakSet<WebSocket>();
  const pings = setInterval(() => {
    for (const webSocket of connections.keys()) {
      if (silent.has(webSocket)) {
        webSocket.terminate();
        continue;
      }
      silent.add(webSocket);
      webSocket.once('pong', () => silent.delete(webSocket));
      webSocket.ping();
    }
  }, PING_INTERVAL_MS);

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    emit(event, key, data) {
      for (const served of connections.values()) served.emit(event, key, data);
    },
    async close() {
      isClosed = true;
      clearInterval(pings);
      const ends = [...connections.values()].map((served) => served.close());
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)));
      await Promise.race([Promise.all([...ends, closed]), timeout]);
      clearTimeout(timer);
      server.closeAllConnections();
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  door: Door,
  { staticFolder, offered }: Pick<HttpOptions, 'staticFolder' | 'offered'>,
): Promise<void> {
  const { port } = door;
  const headers = pageHeaders([`ws://127.0.0.1:${port}`, `ws://localhost:${port}`]);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (!isAllowedHost(request, door)) return sendText(response, 403, 'Ask for 127.0.0.1 by its number.');
  if (await offered?.answer(request, response)) return;
  await sendStatic(request, response, staticFolder);
}
