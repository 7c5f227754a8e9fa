import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { dockerContext } from './docker-context.ts';

/** Where a Docker engine may answer. */
export interface EngineAddress {
  /** As in DOCKER_HOST: `unix:///var/run/docker.sock`, `npipe:////./pipe/docker_engine`, `tcp://…`, `ssh://…`. */
  readonly host: string;
  /** For people: `DOCKER_HOST`, `context desktop-linux`, `socket`. */
  readonly foundBy: string;
  /** Folder with ca.pem, cert.pem and key.pem; null: no TLS. */
  readonly certificates: string | null;
  /** TLS without asking who answers: what a context's `SkipTLSVerify`, or DOCKER_TLS without DOCKER_TLS_VERIFY, says. */
  readonly isUnverified?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The addresses to try, in order, by the rules of Docker's own command line: DOCKER_HOST, else the current context, else the
 * sockets where engines are known to listen. Whoever named an engine means that one: there is no falling back from the first two.
 * `default` is the context that Docker itself calls so: whatever DOCKER_HOST or the sockets say.
 *
 * @returns a sentence where the named context is not to be found or cannot be used
 */
export function findEngines(context: string | null, environment: Environment = process.env): EngineAddress[] | string {
  const home = environment['HOME'] ?? environment['USERPROFILE'] ?? homedir();
  const folder = dockerConfigFolder(environment);
  const host = environment['DOCKER_HOST'];
  if ((context === null || context === 'default') && host)
    return [{ host, foundBy: 'DOCKER_HOST', ...tlsOf(environment) }];
  const name = context ?? (environment['DOCKER_CONTEXT'] || currentContext(folder));
  if (name && name !== 'default') return dockerContext(folder, name);
  return knownSockets(home, environment)
    .filter((socket) => process.platform === 'win32' || existsSync(socket))
    .map((socket) => ({
      host: process.platform === 'win32' ? `npipe://${socket}` : `unix://${socket}`,
      foundBy: 'socket',
      certificates: null,
    }));
}

/** Of DOCKER_HOST. */
function tlsOf(environment: Environment): Pick<EngineAddress, 'certificates' | 'isUnverified'> {
  const certificates = environment['DOCKER_CERT_PATH'] || dockerConfigFolder(environment);
  if (environment['DOCKER_TLS_VERIFY']) return { certificates };
  return environment['DOCKER_TLS'] ? { certificates, isUnverified: true } : { certificates: null };
}

/** Where Docker's command line keeps its configuration. */
export function dockerConfigFolder(environment: Environment = process.env): string {
  const home = environment['HOME'] ?? environment['USERPROFILE'] ?? homedir();
  return environment['DOCKER_CONFIG'] || join(home, '.docker');
}

/** A file of Docker's configuration; undefined where it is missing or no JSON, which Docker itself forgives too. */
export function readDockerJson(file: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function currentContext(folder: string): string | undefined {
  const name = readDockerJson(join(folder, 'config.json'))?.['currentContext'];
  return typeof name === 'string' ? name : undefined;
}

/** Docker's own first; a Podman that answers is better than nothing, and said to be one. */
function knownSockets(home: string, { XDG_RUNTIME_DIR: runtime }: Environment): string[] {
  if (process.platform === 'win32') return ['//./pipe/docker_engine', '//./pipe/podman-machine-default'];
  return [
    '/var/run/docker.sock',
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(home, '.orbstack/run/docker.sock'),
    join(home, '.colima/default/docker.sock'),
    join(home, '.rd/docker.sock'),
    ...(runtime ? [join(runtime, 'podman/podman.sock')] : []),
    join(home, '.local/share/containers/podman/machine/podman.sock'),
    '/run/podman/podman.sock',
  ];
}
