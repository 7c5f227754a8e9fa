import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../api/api.ts';
import { Failure, messageOf } from '../scheduler/failure.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';

/** Runs a program and resolves when it has done what it does; rejects with what it said. */
export type ProgramRunner = (program: string, parameters: readonly string[]) => Promise<void>;

/** How an engine is started on a machine like this. */
export interface EngineStarter {
  /** For people: "Docker Desktop". */
  readonly name: string;
  readonly command: readonly [program: string, ...parameters: string[]];
}

export interface StarterFacts {
  readonly platform: NodeJS.Platform;
  readonly engine: Pick<Engine, 'host'>;
  /** Whether a file is there. */
  readonly exists: (path: string) => boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const DOCKER_APP = '/Applications/Docker.app';
const ORBSTACK_APP = '/Applications/OrbStack.app';

/** By the address that is meant, else by what is installed; null for an engine on another machine, and where nothing is found. */
export function engineStarter({ platform, engine, exists, environment }: StarterFacts): EngineStarter | null {
  const host = engine.host ?? '';
  if (/^(?:ssh|tcp|https?):/.test(host)) return null;
  const colima = /\/\.colima\/([^/]+)\/docker\.sock$/.exec(host)?.[1];
  if (colima !== undefined) return { name: 'colima', command: ['colima', 'start', '--profile', colima] };
  if (host.includes('/.rd/')) return { name: 'Rancher Desktop', command: ['rdctl', 'start'] };
  switch (platform) {
    case 'darwin':
      if (host.includes('/.orbstack/')) return { name: 'OrbStack', command: ['open', '-a', 'OrbStack'] };
      if (exists(DOCKER_APP)) return { name: 'Docker Desktop', command: ['open', '-a', 'Docker'] };
      return exists(ORBSTACK_APP) ? { name: 'OrbStack', command: ['open', '-a', 'OrbStack'] } : null;
    case 'win32': {
      const program = `${environment['ProgramFiles'] ?? 'C:\\Program Files'}\\Docker\\Docker\\Docker Desktop.exe`;
      return exists(program) ? { name: 'Docker Desktop', command: [program] } : null;
    }
    case 'linux':
      return onLinux(host, exists);
    default:
      return null;
  }
}

/** `systemctl` asks for the administrator's password by polkit where a desktop has an agent for it, and refuses elsewhere. */
function onLinux(host: string, exists: StarterFacts['exists']): EngineStarter | null {
  const user = (unit: string): EngineStarter['command'] => ['systemctl', '--user', 'start', unit];
  const desktop: EngineStarter = { name: 'Docker Desktop', command: user('docker-desktop') };
  if (host.includes('/.docker/desktop/')) return desktop;
  const podman = /podman/.test(host);
  if (/^unix:\/\/\/run\/user\/\d+\//.test(host)) {
    return podman
      ? { name: 'Podman', command: user('podman.socket') }
      : { name: 'Docker (rootless)', command: user('docker') };
  }
  if (podman) return { name: 'Podman', command: ['systemctl', 'start', 'podman.socket'] };
  if (host !== '' && !/^unix:\/\/(?:\/var)?\/run\/docker\.sock$/.test(host)) return null;
  const folders = ['/etc/systemd/system', '/lib/systemd/system', '/usr/lib/systemd/system'];
  if (folders.some((folder) => exists(`${folder}/docker.service`))) {
    return { name: 'Docker', command: ['systemctl', 'start', 'docker'] };
  }
  return exists('/usr/lib/systemd/user/docker-desktop.service') ? desktop : null;
}

/** How this machine would start the engine that is meant; null where it answers, and where nobody knows. */
export function engineStarterOf(engine: Engine): EngineStarter | null {
  if (engine.state !== 'unavailable') return null;
  return engineStarter({ platform: process.platform, engine, exists: existsSync, environment: process.env });
}

/** An application shows its window long before its engine answers. */
const LIMIT_MS = 60_000;
const LOOK_MS = 500;

/** Tests start something else. */
export interface StartPorts {
  readonly starterOf?: typeof engineStarterOf;
  readonly run?: ProgramRunner;
  readonly limitMs?: number;
}

/** Resolves when the engine answers. Failure `no-starter`, `engine-not-started`. */
export async function startEngine(
  scheduler: Pick<Scheduler, 'checkEngine'>,
  { starterOf = engineStarterOf, run = runProgram, limitMs = LIMIT_MS }: StartPorts = {},
): Promise<void> {
  const before = await scheduler.checkEngine();
  if (before.state === 'available') return;
  const starter = starterOf(before);
  if (starter === null) {
    throw new Failure(
      'no-starter',
      `Nightjar knows no way to start this engine here. ${before.error ?? 'Start it yourself.'}`,
    );
  }
  const { name, command } = starter;
  const words = command.join(' ');
  let refused: string | undefined;
  // Some of them stay until the engine is there, some until it ends: whoever answers first has the word.
  const running = run(command[0], command.slice(1)).catch((thrown: unknown) => {
    refused = messageOf(thrown).trim().replace(/\.$/, '');
  });
  const lookMs = Math.min(LOOK_MS, limitMs);
  const givesUpAt = performance.now() + limitMs;
  while (performance.now() < givesUpAt) {
    if ((await scheduler.checkEngine()).state === 'available') return;
    if (refused !== undefined)
      throw new Failure('engine-not-started', `${name} could not be started: "${words}" said: ${refused}.`);
    await Promise.race([running.then(() => delay(lookMs)), delay(lookMs)]);
  }
  throw new Failure(
    'engine-not-started',
    `${name} was started and does not answer yet, after ${limitMs / 1000} s. Runs that need it go on as soon as it does.`,
  );
}

function runProgram(program: string, parameters: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, parameters, { windowsHide: true }, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else
        reject(
          new Error(
            stderr.trim() ||
              ((error as { code?: unknown }).code === 'ENOENT' ? `there is no program ${program}` : error.message),
          ),
        );
    });
  });
}
