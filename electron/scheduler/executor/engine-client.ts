import { existsSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { EngineAddress } from './find-engine.ts';

/** An engine's API, and what dockerode leaves to be desired of it. */

/** dockerode costs 34 MB, so it is loaded when the first engine is looked for. */
export async function connectEngine(address: EngineAddress): Promise<Docker> {
  const { default: DockerClient } = await import('dockerode');
  return new DockerClient(optionsOf(address));
}

/** docker-modem takes the agent too; its types do not say so. */
type Options = Docker.DockerOptions & { agent?: Agent };

function optionsOf({ host, certificates }: EngineAddress): Options {
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
  const agent = new Agent({ keepAlive: false });
  const pipe = /^(?:unix|npipe):\/\/(.+)$/.exec(host)?.[1];
  if (pipe !== undefined) return { ...blank, protocol: 'http', socketPath: pipe, agent };

  const url = new URL(host.includes('://') ? host : `tcp://${host}`);
  if (url.protocol === 'ssh:') {
    return {
      ...blank,
      protocol: 'ssh',
      host: url.hostname,
      port: url.port || 22,
      username: url.username || undefined,
      sshOptions: { agent: process.env['SSH_AUTH_SOCK'] },
    };
  }
  if (certificates === null && url.protocol !== 'https:') {
    return { ...blank, protocol: 'http', host: url.hostname, port: url.port || 2375, agent };
  }
  const read = (name: string): Buffer | undefined => {
    const file = certificates === null ? '' : join(certificates, name);
    return existsSync(file) ? readFileSync(file) : undefined;
  };
  return {
    ...blank,
    protocol: 'https',
    host: url.hostname,
    port: url.port || 2376,
    ca: read('ca.pem'),
    cert: read('cert.pem'),
    key: read('key.pem'),
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
        else reject(new Error('The engine ended the connection before the container ended.'));
      });
    });
  });
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
  return statusOf(thrown) !== undefined || (typeof code === 'string' && /^(?:E[A-Z]+|ERR_STREAM_\w+)$/.test(code));
}
