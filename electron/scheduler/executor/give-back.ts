import type Docker from 'dockerode';
import { LABEL } from './container-options.ts';
import { isOfTheEngine, limited, waitForExit } from './engine-client.ts';

const FOLDER = '/nightjar/folder';
/** A large tree takes its time; an engine that fell silent gets no more than this, for the end of a run waits for it. */
const LIMIT_MS = 120_000;

/**
 * Makes all in a folder of this machine ours again. What a container's root wrote belongs to the machine's root, and whoever runs
 * Nightjar could not remove it; root in a container can. Takes the image of the task, which is here already; false where it has no `chown`, or the engine refuses.
 */
export async function giveBack(...asked: Parameters<typeof chown>): Promise<boolean> {
  try {
    return await chown(...asked);
  } catch (thrown) {
    if (isOfTheEngine(thrown)) return false;
    throw thrown;
  }
}

async function chown(
  docker: Docker,
  folder: string,
  image: string,
  owner: { readonly dataId: string; readonly instance: string },
): Promise<boolean> {
  const container = await docker.createContainer(
    limited({
      Image: image,
      Entrypoint: ['chown'],
      Cmd: ['-R', `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`, FOLDER],
      User: '0:0',
      Labels: { [LABEL.app]: 'nightjar', [LABEL.data]: owner.dataId, [LABEL.instance]: owner.instance },
      HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'bind' as const, Source: folder, Target: FOLDER }] },
    }),
  );
  try {
    await container.start(limited({}));
    return (await waitForExit(docker, container.id, AbortSignal.timeout(LIMIT_MS))) === 0;
  } finally {
    await container.remove(limited({ force: true, v: true }));
  }
}
