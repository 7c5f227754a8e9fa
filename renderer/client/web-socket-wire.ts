import type { Wire } from '../../electron/api/wire.ts';

/** How long a host may take to accept; longer means that nobody is there. */
const OPEN_TIMEOUT_MS = 5_000;

/** Opens a wire to the host that served this page. Rejects where it does not answer or refuses the token. */
export function openWebSocket(token: string): Promise<Wire> {
  const url = new URL('/api', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  // The token travels as a subprotocol: an address ends up in logs and histories.
  const socket = new WebSocket(url, `nightjar.${token}`);
  const { promise, resolve, reject } = Promise.withResolvers<Wire>();
  const timer = setTimeout(() => socket.close(), OPEN_TIMEOUT_MS);
  const closed: (() => void)[] = [];
  let isClosed = false;
  socket.addEventListener('close', () => {
    clearTimeout(timer);
    isClosed = true;
    reject(new Error('The host does not answer.'));
    for (const listener of closed.splice(0)) listener();
  });
  socket.addEventListener('open', () => {
    clearTimeout(timer);
    resolve({
      send: (frame) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(frame);
      },
      onFrame: (listener) => socket.addEventListener('message', ({ data }) => listener(String(data))),
      onClose: (listener) => (isClosed ? listener() : closed.push(listener)),
      close: () => socket.close(),
    });
  });
  return promise;
}
