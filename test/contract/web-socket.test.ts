import { once } from 'node:events';
import { WebSocket } from 'ws';
import { protocolOf } from '../../electron/host/access.ts';
import { makeToken } from '../../electron/host/endpoint.ts';
import { wireOf } from '../../electron/host/web-socket-frames.ts';
import { serveHttp } from '../../electron/host/web-socket-wire.ts';
import { contractSuite } from './contract-suite.ts';

contractSuite('a WebSocket', async (handlers, onBug) => {
  const token = makeToken();
  const host = await serveHttp({ port: 0, handlers, token, staticFolder: null, onBug });
  const sockets: WebSocket[] = [];
  return {
    async dial() {
      const socket = new WebSocket(`ws://127.0.0.1:${host.port}/api`, protocolOf(token));
      sockets.push(socket);
      const wire = wireOf(socket);
      await once(socket, 'open');
      return wire;
    },
    emit: host.emit,
    // Some handlers of the suite never answer, so nothing waits for them.
    async close() {
      for (const socket of sockets) socket.terminate();
      void host.close();
    },
  };
});
