import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * Who may speak to a Nightjar over the network: access equals a shell, so all three must be right.
 *
 * Host: a page whose own name was rebound to 127.0.0.1 still sends its own name. Origin: any page may open a WebSocket to
 * 127.0.0.1, but cannot hide where it came from; what is no browser sends none and proves itself by the token alone. Token: new at
 * each start, in a file that only its owner reads, and sent as a subprotocol, so that it is in no address and in no log of one.
 */
export interface Door {
  readonly port: number;
  readonly token: string;
  /** Besides the address that is served: a development server's. */
  readonly allowedOrigins: readonly string[];
}

const PROTOCOL_PREFIX = 'nightjar.';

/** The WebSocket subprotocol that carries the token. */
export function protocolOf(token: string): string {
  return PROTOCOL_PREFIX + token;
}

export function isAllowedHost(request: IncomingMessage, { port }: Door): boolean {
  const { host } = request.headers;
  // A browser leaves the port out where it is the scheme's own.
  const own = port === 80 ? ['127.0.0.1', 'localhost'] : [];
  return host !== undefined && [`127.0.0.1:${port}`, `localhost:${port}`, ...own].includes(host.toLowerCase());
}

/** The HTTP status that refuses to open a WebSocket, or undefined where it may be opened. */
export function refusalOf(request: IncomingMessage, door: Door): 401 | 403 | undefined {
  if (!isAllowedHost(request, door)) return 403;
  const { origin } = request.headers;
  const own = [`http://127.0.0.1:${door.port}`, `http://localhost:${door.port}`];
  if (origin !== undefined && ![...own, ...door.allowedOrigins].includes(origin)) return 403;
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  return offered.some((protocol) => isEqual(protocol, protocolOf(door.token))) ? undefined : 401;
}

// In constant time: hashed, because timingSafeEqual wants equal lengths, and a length is a hint too.
function isEqual(left: string, right: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(left), hash(right));
}
