import { WebSocket } from 'ws';
import { connect } from '../api/client.ts';
import type { Client } from '../api/client.ts';
import { contract } from '../api/contract.ts';
import { Failure } from '../scheduler/failure.ts';
import { protocolOf } from './access.ts';
import { readEndpoint } from './endpoint.ts';
import { MAX_MESSAGE_BYTES, wireOf } from './web-socket-frames.ts';

/** On one machine: more means that nobody will answer. */
const OPEN_TIMEOUT_MS = 5_000;

/** Connects to the Nightjar that serves a data folder. Throws a Failure with code `not-running` where none answers. */
export async function openClient({ dataFolder }: { dataFolder: string }): Promise<Client> {
  const endpoint = await readEndpoint(dataFolder);
  if (endpoint === undefined) throw notRunning(dataFolder);
  const socket = new WebSocket(`ws://127.0.0.1:${endpoint.port}/api`, protocolOf(endpoint.token), {
    handshakeTimeout: OPEN_TIMEOUT_MS,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
  });
  const client = connect(wireOf(socket), () => contract);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    // Also where something else took the port since: it does not know the token.
    socket.once('error', (error) => reject(notRunning(dataFolder, error)));
  });
  return client;
}

function notRunning(dataFolder: string, cause?: unknown): Failure {
  const message = `No Nightjar answers for ${dataFolder}. Start one with \`nightjar serve\`.`;
  return new Failure('not-running', message, { cause });
}
