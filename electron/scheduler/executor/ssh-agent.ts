import { spawn } from 'node:child_process';
import type { ClientRequestArgs } from 'node:http';
import { Duplex } from 'node:stream';
import { http } from './node-http.ts';

/** Where an engine is reached by ssh. */
export interface SshTarget {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  /** A socket there other than the one that `docker` finds by itself; empty: that one. */
  readonly socket: string;
}

/** An unused connection is kept for the next request so long: a new one is a login of its own. */
const IDLE_MS = 30_000;
const MAX_IDLE = 4;
const CONNECT_LIMIT_S = 10;
/** A machine that went away without a word is noticed after three of these. */
const ALIVE_INTERVAL_S = 10;

/** @returns a sentence where the address cannot be used */
export function sshTargetOf(url: URL): SshTarget | string {
  const target = {
    host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: url.port,
    user: decodeURIComponent(url.username),
    socket: decodeURIComponent(url.pathname).replace(/^\/$/, ''),
  };
  if (target.host === '' || url.password !== '') {
    return `${url.protocol}//${url.host} is no address for ssh: it is ssh://user@host, with a key and without a password`;
  }
  // What begins with a dash would be an option of ssh, and the socket goes through a shell over there.
  if (target.host.startsWith('-') || target.user.startsWith('-') || !/^[\w./-]*$/.test(target.socket)) {
    return `the address ${url.href} has characters that ssh must not be given`;
  }
  return target;
}

/** As Docker's own command line does it; the user's configuration, keys and agent are those of `ssh`. It never asks anything. */
export function sshArguments({ host, port, user, socket }: SshTarget): string[] {
  return [
    '-T',
    ...[
      'BatchMode=yes',
      `ConnectTimeout=${CONNECT_LIMIT_S}`,
      `ServerAliveInterval=${ALIVE_INTERVAL_S}`,
      'ServerAliveCountMax=3',
    ].flatMap((option) => ['-o', option]),
    ...(user === '' ? [] : ['-l', user]),
    ...(port === '' ? [] : ['-p', port]),
    '--',
    host,
    ...(socket === '' ? ['docker'] : ['docker', '--host', `unix://${socket}`]),
    'system',
    'dial-stdio',
  ];
}

/** Connections to an engine's API, each through an `ssh` of its own; as many are kept as requests come at a time. */
export class SshAgent extends http.Agent {
  readonly #target: SshTarget;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(target: SshTarget, environment: Readonly<Record<string, string | undefined>>) {
    super({ keepAlive: true, maxFreeSockets: MAX_IDLE });
    this.#target = target;
    this.#environment = environment;
  }

  override createConnection(_options: ClientRequestArgs): Duplex {
    return new SshConnection(this.#target, this.#environment);
  }

  override keepSocketAlive(connection: Duplex): boolean {
    (connection as SshConnection).rest(IDLE_MS);
    return true;
  }

  override reuseSocket(connection: Duplex): void {
    (connection as SshConnection).wake();
  }
}

class SshConnection extends Duplex {
  readonly #child;
  #said = '';
  #idle: NodeJS.Timeout | undefined;
  #host: string;

  constructor(target: SshTarget, environment: Readonly<Record<string, string | undefined>>) {
    super();
    this.#host = target.host;
    this.#child = spawn('ssh', sshArguments(target), {
      env: environment as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const { stdin, stdout, stderr } = this.#child;
    stderr.setEncoding('utf8').on('data', (text: string) => (this.#said = (this.#said + text).slice(-2_000)));
    stdin.on('error', () => {}); // It has ended; that is told by `close`.
    stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stdout.pause();
    });
    this.#child.on('error', (error: NodeJS.ErrnoException) =>
      this.destroy(
        error.code === 'ENOENT' ? coded('ESSH', 'there is no program "ssh" on this machine; install OpenSSH') : error,
      ),
    );
    this.#child.on('close', (code) => {
      if (code === 0) this.push(null);
      else this.destroy(coded('ESSH', whySshFailed(this.#host, this.#said, code)));
    });
  }

  /** Nobody needs it for now; it closes itself after a while, and keeps no process alive. */
  rest(ms: number): void {
    this.#idle = setTimeout(() => this.destroy(), ms).unref();
  }

  wake(): void {
    clearTimeout(this.#idle);
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // One that fails is told by `close`, which knows why.
    this.#child.stdin.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#idle);
    this.#child.kill('SIGTERM');
    done(error);
  }
}

/** What `ssh` said, with what to do about it. It ends with 255 for its own troubles and with the command's code for those. */
export function whySshFailed(host: string, said: string, code: number | null): string {
  const last = said.trim().split(/\r?\n/).at(-1) ?? '';
  if (/Host key verification failed/.test(said)) {
    return `ssh does not know the key of ${host} yet, or it has changed; connect once with "ssh ${host}" and compare it`;
  }
  if (/Permission denied/.test(said)) {
    return `${host} does not let ssh in without a question; add your key to the agent ("ssh-add") or name it in ~/.ssh/config`;
  }
  if (/docker: (?:command )?not found|docker: No such file/.test(said)) {
    return `there is no program "docker" on ${host}; it is what passes the connection on to the engine there`;
  }
  if (code === 255 || last !== '') return `ssh ${host}: ${(last || 'the connection ended').replace(/^ssh: |\.$/g, '')}`;
  return `ssh ${host} ended with ${code ?? 'a signal'}`;
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
