import type Docker from 'dockerode';
import { reapBuiltImages } from './build-image.ts';
import { LABEL } from './container-options.ts';
import { isOfTheEngine, limited, statusOf } from './engine-client.ts';
import { reapKeptImages } from './kept-container.ts';

/** What the labels of a container say. */
export interface ContainerLabels {
  readonly runId: number;
  readonly taskRunId: number;
  readonly instance: string;
}

export type IsLive = (container: ContainerLabels) => boolean;

/** Removes from one engine what belongs to this data folder and to no live attempt; resolves with how many containers it were. */
export async function reapEngine(docker: Docker, dataId: string, isLive: IsLive): Promise<number> {
  let removed = 0;
  const filters = { label: [`${LABEL.data}=${dataId}`] };
  try {
    const live = new Set<number>();
    for (const { Id, Labels } of await docker.listContainers(limited({ all: true, filters }))) {
      const labels = {
        runId: Number(Labels[LABEL.run]),
        taskRunId: Number(Labels[LABEL.task]),
        instance: Labels[LABEL.instance] ?? '',
      };
      if (isLive(labels)) {
        live.add(labels.taskRunId);
        continue;
      }
      if (await isRemoved(docker.getContainer(Id))) removed++;
    }
    await reapKeptImages(docker, dataId, (taskRunId) => live.has(taskRunId));
    await reapBuiltImages(docker, dataId);
  } catch (thrown) {
    if (!isOfTheEngine(thrown)) throw thrown; // Else: gone meanwhile, or the engine is; the next time will do.
  }
  return removed;
}

/** False where the engine refuses, as where somebody else removes it already: the others have their turn all the same. */
async function isRemoved(container: Docker.Container): Promise<boolean> {
  try {
    await container.remove(limited({ force: true, v: true }));
    return true;
  } catch (thrown) {
    if (statusOf(thrown) === undefined) throw thrown;
    return false;
  }
}
