import { buildImage } from './build-image.ts';
import type { BuildRequest } from './build-image.ts';
import { prepareImage } from './image.ts';
import type { ReadyImage } from './image.ts';

/** An image that a container can be made of. */
export interface TaskImage extends ReadyImage {
  /** As it is asked of the engine: by the task's own name for it, or by what a build made. */
  readonly reference: string;
}

/** @returns a sentence where the task's image cannot be had. Throws where the engine does not answer, or `signal` aborts. */
export async function prepareTaskImage(request: Omit<BuildRequest, 'policy'>): Promise<TaskImage | string> {
  const { task } = request;
  const wanted = { ...request, policy: task.pull };
  if (task.build === null) {
    const image = await prepareImage({ ...wanted, image: task.image! });
    return typeof image === 'string' ? image : { ...image, reference: task.image! };
  }
  const image = await buildImage(wanted);
  // Not by its name: another run may build the same folder anew before this container is created.
  return typeof image === 'string' ? image : { ...image, reference: image.digest };
}
