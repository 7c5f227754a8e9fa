import { existsSync, readFileSync } from 'node:fs';
import type { Agent, IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type Docker from 'dockerode';
import { Failure } from '../failure.ts';
import type { EngineAddress } from './find-engine.ts';
import { http, https } from './node-http.ts';
import { SshAgent, sshTargetOf } from './ssh-agent.ts';

/** An engine's API, and what dockerode leaves to be desired of it. */

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * dockerode costs 6 MB (34 from the sources: build-desktop.ts), so it is loaded when the first engine is looked for. Failure
 * `bad-engine` for an address that is none.
 */
export async function connectEngine(address: EngineAddress, environment: Environment = process.env): Promise<Docker> {
  const { default: DockerClient } = await import('dockerode');
  const options = optionsOf(address, environment);
  // docker-modem writes every request out for a debug log, wanted or not, and an agent would be all connections with all that
  // hangs on them: 20 to 100 ms of the event loop for each request, where ten tasks run.
  Object.assign(options.agent, { [inspect.custom]: () => `agent of ${address.host}` });
  return new DockerClient(options);
}

/** Ends connections that are kept for later; those in use end with their requests. */
export function disconnectEngine(docker: Docker): void {
  (docker.modem as { agent?: Agent }).agent?.destroy();
}

/** docker-modem takes the agent too; its types do not say so. */
type Options = Docker.DockerOptions & { agent: Agent };

function optionsOf({ host, certificates, isUnverified = false }: EngineAddress, environment: Environment): Options {
  // Everything is named: what is left out docker-modem takes from DOCKER_HOST, whatever address we chose.
  const blank = {
    host: undefined,
    port: undefined,
    socketPath: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
  };
  // A connection of its own for each request: one kept from before the engine's restart would fail the first after it.
  const once = { keepAlive: false };
  const pipe = /^(?:unix|npipe):\/\/(.+)$/.exec(host)?.[1];
  if (pipe !== undefined) return { ...blank, protocol: 'http', socketPath: pipe, agent: new http.Agent(once) };

  const url = URL.parse(host.includes('://') ? host : `tcp://${host}`);
  if (url === null) throw new Failure('bad-engine', `"${host}" is no address`);
  if (url.protocol === 'ssh:') {
    const target = sshTargetOf(url);
    if (typeof target === 'string') throw new Failure('bad-engine', target);
    return { ...blank, protocol: 'http', host: 'docker', port: 80, agent: new SshAgent(target, environment) };
  }
  if (certificates === null && url.protocol !== 'https:' && !isUnverified) {
    return { ...blank, protocol: 'http', host: url.hostname, port: url.port || 2375, agent: new http.Agent(once) };
  }
  const read = (name: string): Buffer | undefined => {
    const file = certificates === null ? '' : join(certificates, name);
    return existsSync(file) ? readFileSync(file) : undefined;
  };
  const keys = { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
  return {
    ...blank,
    protocol: 'https',
    host: url.hostname,
    port: url.port || 2376,
    ...keys,
    agent: new https.Agent({ ...once, ...keys, rejectUnauthorized: !isUnverified }),
  };
}

/**
 * The exit code of a container that was started, at its end. Rejects when the connection ends before that.
 *
 * dockerode's `wait` never settles when the engine dies: it listens for the end of the answer only.
 */
export function waitForExit(docker: Docker, id: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const statusCodes = { 200: true, 404: 'no such container', 500: 'server error' };
    const request = {
      path: `/containers/${id}/wait?`,
      method: 'POST',
      isStream: true,
      abortSignal: signal,
      statusCodes,
    };
    docker.modem.dial(request as never, (error: unknown, answer: unknown) => {
      if (error) return void reject(error);
      const body: Buffer[] = [];
      const response = answer as IncomingMessage;
      response.on('data', (chunk: Buffer) => body.push(chunk));
      response.on('error', reject);
      response.on('close', () => {
        const text = Buffer.concat(body).toString();
        const code =
          response.complete && text.trim() !== '' ? (JSON.parse(text) as { StatusCode: unknown }).StatusCode : null;
        if (typeof code === 'number') resolve(code);
        else reject(signal.aborted ? signal.reason : new ConnectionEnded());
      });
    });
  });
}

/** As a broken connection is told by the system. */
class ConnectionEnded extends Error {
  readonly code = 'ECONNRESET';

  constructor() {
    super('The engine ended the connection before the container ended.');
  }
}

/** For an engine that fell silent: no plain request is waited for any longer. Removing a large container takes seconds. */
const ANSWER_LIMIT_MS = 20_000;

/** Options of a request, with a limit; dockerode knows `abortSignal` in places where its types do not. */
export function limited<Wanted extends object>(options: Wanted): Wanted & { readonly abortSignal: AbortSignal } {
  return { ...options, abortSignal: AbortSignal.timeout(ANSWER_LIMIT_MS) };
}

/** The status of an answer of the engine's; undefined where nothing answered. */
export function statusOf(thrown: unknown): number | undefined {
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** What the engine said, without dockerode's "(HTTP code 404) no such container - " around it. */
export function engineMessage(thrown: unknown): string {
  const { json, message } = thrown as { json?: { message?: unknown } | null; message?: string };
  const said = typeof json?.message === 'string' ? json.message : (message ?? String(thrown));
  return said.replace(/^\(HTTP code \d+\) .*? - /, '').trim();
}

/** An answer of the engine's, a connection that failed, or a limit that ran out; anything else that is thrown is a bug. */
export function isOfTheEngine(thrown: unknown): boolean {
  const { code, name } = thrown as { code?: unknown; name?: unknown };
  if (name === 'AbortError' || name === 'TimeoutError') return true;
  return (
    statusOf(thrown) !== undefined ||
    (typeof code === 'string' && (/^E[A-Z]+$/.test(code) || OF_CONNECTIONS.test(code)))
  );
}

/** Codes of Node for streams that ended, and of OpenSSL for what it does not trust. */
const OF_CONNECTIONS = /^(?:ERR_STREAM_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)\w+$/;
