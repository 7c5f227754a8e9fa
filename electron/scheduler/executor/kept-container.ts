import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { Failure } from '../failure.ts';
import { LABEL } from './container-options.ts';
import type { EngineWatch } from './engine.ts';
import { engineMessage, isOfTheEngine, limited, statusOf } from './engine-client.ts';
import { findImage } from './image.ts';

/** Where a container is that stays for a look inside. */
export interface KeptContainer {
  readonly runId: number;
  readonly taskRunId: number;
  readonly containerId: string;
  /** A Docker context; null: the engine that is found. */
  readonly engine: string | null;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A shell in a container, with a terminal of its own. */
export interface ContainerShell {
  /** What the terminal shows comes out, what is typed goes in; ends with the shell. */
  readonly terminal: Duplex;
  resize(size: TerminalSize): Promise<void>;
  /** Ends the shell and removes its container. */
  close(): Promise<void>;
}

export interface KeptContainers {
  /**
   * A shell in what the task left. A container that has ended runs nothing any more, so the shell gets one of its own: with the
   * same files, mounts, environment, user, folder and network. Its changes go with it.
   *
   * Failure `engine-unavailable`, `container-gone`, `no-shell` (the image has no /bin/sh), `shell-refused`.
   */
  openShell(kept: KeptContainer, size: TerminalSize): Promise<ContainerShell>;
  /** Removes the container, its shells and its image. False where the engine does not answer now. */
  remove(kept: KeptContainer): Promise<boolean>;
}

export interface KeptContainersOptions {
  readonly dataId: string;
  readonly instance: string;
  readonly watchOf: (context: string | null) => EngineWatch;
}

/** bash where there is one: it has a history and completes words. */
const SHELL = ['/bin/sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash; exec /bin/sh'];
/** Large containers take their time to become an image. */
const COMMIT_LIMIT_MS = 120_000;
const ATTACH_LIMIT_MS = 20_000;
const REMOVAL_LIMIT_MS = 20_000;
const REMOVAL_LOOK_MS = 50;

export function createKeptContainers({ dataId, instance, watchOf }: KeptContainersOptions): KeptContainers {
  const repository = keptRepository(dataId);

  async function clientOf(engine: string | null): Promise<Docker> {
    const watch = watchOf(engine);
    await watch.check();
    const docker = await watch.available(AbortSignal.abort());
    if (docker !== undefined) return docker;
    throw new Failure('engine-unavailable', watch.state().error ?? 'Docker does not answer.');
  }

  async function createShell(docker: Docker, kept: KeptContainer): Promise<Docker.Container> {
    const { Config, HostConfig } = await docker.getContainer(kept.containerId).inspect(limited({}));
    await makeImage(docker, kept, repository);
    return docker.createContainer({
      ...limited({}),
      name: `nightjar-${dataId}-shell-${randomBytes(4).toString('hex')}`,
      Image: `${repository}:${kept.taskRunId}`,
      Entrypoint: SHELL,
      Cmd: [],
      Tty: true,
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      User: Config.User,
      WorkingDir: Config.WorkingDir,
      Env: ['TERM=xterm-256color'],
      Labels: {
        [LABEL.app]: 'nightjar',
        [LABEL.data]: dataId,
        [LABEL.run]: String(kept.runId),
        [LABEL.task]: String(kept.taskRunId),
        [LABEL.instance]: instance,
      },
      HostConfig: {
        Init: true,
        NetworkMode: HostConfig.NetworkMode,
        // The task's own, those without a name too.
        VolumesFrom: [kept.containerId],
        ...(HostConfig.Memory ? { Memory: HostConfig.Memory, MemorySwap: HostConfig.MemorySwap } : {}),
        ...(HostConfig.NanoCpus ? { NanoCpus: HostConfig.NanoCpus } : {}),
        // What is typed may be a secret.
        LogConfig: { Type: 'none', Config: {} },
      },
    });
  }

  async function open(docker: Docker, kept: KeptContainer, size: TerminalSize): Promise<ContainerShell> {
    const container = await createShell(docker, kept);
    const remove = async (): Promise<void> => {
      // Gone already; or the engine is, and then it is removed with the kept one.
      await container.remove(limited({ force: true })).catch(throwUnlessOfTheEngine);
    };
    const resize = async ({ columns, rows }: TerminalSize): Promise<void> => {
      // The shell may have ended meanwhile.
      await container.resize(limited({ w: columns, h: rows })).catch(throwUnlessOfTheEngine);
    };
    try {
      const terminal = await attach(container);
      await container.start(limited({}));
      await resize(size);
      const close = async (): Promise<void> => {
        terminal.destroy();
        await remove();
      };
      return { terminal, resize, close };
    } catch (thrown) {
      await remove();
      throw thrown;
    }
  }

  return {
    async openShell(kept, size) {
      const docker = await clientOf(kept.engine);
      try {
        return await open(docker, kept, size);
      } catch (thrown) {
        throwUnlessOfTheEngine(thrown);
        const said = engineMessage(thrown).replace(/\.$/, '');
        if (statusOf(thrown) === 404 && /no such container/i.test(said)) {
          throw new Failure('container-gone', 'The container was removed by somebody else; nothing is left of it.');
        }
        if (/\/bin\/sh.*no such file/i.test(said)) {
          throw new Failure('no-shell', 'The image has no /bin/sh, so there is nothing to open a shell with.');
        }
        throw new Failure('shell-refused', `The engine could not open a shell: ${said}.`, { cause: thrown });
      }
    },

    async remove(kept) {
      const watch = watchOf(kept.engine);
      if (watch.state().state !== 'available') await watch.check();
      const docker = await watch.available(AbortSignal.abort());
      if (docker === undefined) return false;
      const filters = { label: [`${LABEL.data}=${dataId}`, `${LABEL.task}=${kept.taskRunId}`] };
      try {
        // Its shells are closed at the same moment, and the image cannot go before they have.
        const givesUpAt = performance.now() + REMOVAL_LIMIT_MS;
        for (;;) {
          const left = await docker.listContainers(limited({ all: true, filters }));
          if (left.length === 0) break;
          if (performance.now() > givesUpAt) return false;
          for (const { Id } of left) {
            await docker
              .getContainer(Id)
              .remove(limited({ force: true, v: true }))
              .catch(ignoreGone);
          }
          await delay(REMOVAL_LOOK_MS);
        }
        await docker.getImage(`${repository}:${kept.taskRunId}`).remove(limited({})).catch(ignoreGone);
        return true;
      } catch (thrown) {
        throwUnlessOfTheEngine(thrown);
        await watch.check();
        return false;
      }
    },
  };
}

/** Only the answer is waited for no longer than for others: the connection stays as long as the shell. */
async function attach(container: Docker.Container): Promise<Duplex> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), ATTACH_LIMIT_MS);
  try {
    const options = { stream: true, hijack: true, stdin: true, stdout: true, stderr: true, abortSignal: limit.signal };
    return (await container.attach(options)) as unknown as Duplex;
  } finally {
    clearTimeout(timer);
  }
}

/** Once: further shells of the same container begin with the same files. */
async function makeImage(docker: Docker, { containerId, taskRunId }: KeptContainer, repo: string): Promise<void> {
  const tag = String(taskRunId);
  const { abortSignal: inTime } = limited({});
  if ((await findImage(docker, `${repo}:${tag}`, inTime)) !== undefined) return;
  const abortSignal = AbortSignal.timeout(COMMIT_LIMIT_MS);
  await docker.getContainer(containerId).commit({ repo, tag, pause: false, abortSignal });
}

/** Images of containers that were looked into and are not kept any more. */
export async function reapKeptImages(
  docker: Docker,
  dataId: string,
  isKept: (taskRunId: number) => boolean,
): Promise<void> {
  const filters = { reference: [`${keptRepository(dataId)}:*`] };
  for (const { RepoTags } of await docker.listImages(limited({ filters }))) {
    for (const tag of RepoTags ?? []) {
      if (!isKept(Number(tag.slice(tag.lastIndexOf(':') + 1))))
        await docker.getImage(tag).remove(limited({})).catch(ignoreGone);
    }
  }
}

function keptRepository(dataId: string): string {
  return `nightjar-${dataId}/kept`;
}

/** 404: somebody was quicker. 409: in use or being removed; what is left is reaped. */
function ignoreGone(thrown: unknown): void {
  const status = statusOf(thrown);
  if (status !== 404 && status !== 409) throw thrown;
}

function throwUnlessOfTheEngine(thrown: unknown): void {
  if (!isOfTheEngine(thrown)) throw thrown;
}
