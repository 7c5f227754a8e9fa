import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { TaskDefinition } from '../job-file/definition.ts';
import { baseImagesOf } from './base-images.ts';
import { readBuildContext } from './build-context.ts';
import type { BuildContext } from './build-context.ts';
import { createBuildOutput } from './build-output.ts';
import { LABEL } from './container-options.ts';
import { engineMessage, isOfTheEngine, limited, statusOf } from './engine-client.ts';
import { findImage, prepareImage } from './image.ts';
import type { ImageRequest, ReadyImage } from './image.ts';

export interface BuildRequest extends Omit<ImageRequest, 'image'> {
  readonly task: TaskDefinition;
  readonly dataId: string;
  /** Podman and Windows know the classic builder only. */
  readonly isClassic: boolean;
  /** Names the engine, for the line of builds that wait for one another. */
  readonly engine: string;
}

/**
 * Makes the image of a task that has `build`. The engine caches its steps, so the second build of the same folder takes a moment.
 * Nothing of the run goes into it: neither variables nor secrets are build arguments.
 *
 * @returns a sentence where it cannot be built. Throws where the engine does not answer, or `signal` aborts: that ends the build
 */
export async function buildImage(request: BuildRequest): Promise<ReadyImage | string> {
  const { task, signal, docker, note } = request;
  const build = task.build!;
  const context = await readBuildContext(build.context, build.dockerfile);
  if (typeof context === 'string') return context;
  const key = JSON.stringify([request.engine, build.context, context.dockerfile]);
  const end = await takeTurn(key, signal);
  try {
    for (const image of baseImagesOf(context.text)) {
      const base = await prepareImage({ ...request, image });
      if (typeof base === 'string') return `${base} It is the base of ${build.context}.`;
    }
    const startedAt = performance.now();
    note(`Building ${task.image ?? basename(build.context)} from ${build.context}`);
    const id = await send(request, context, task.image ?? ownTag(request, context));
    if (typeof id !== 'string') return id.failure;
    const image = await findImage(docker, id, signal);
    if (image === undefined)
      return `The image that was built from ${build.context} was removed before the task started.`;
    note(`Built ${id.slice(0, 19)} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return image;
  } finally {
    end();
  }
}

/** Two tasks that build the same folder at once would do the same work twice; the second finds it done. */
const builds = new Map<string, Promise<void>>();

async function takeTurn(key: string, signal: AbortSignal): Promise<() => void> {
  for (;;) {
    const before = builds.get(key);
    if (before === undefined) break;
    await Promise.race([before, signal.aborted ? undefined : once(signal, 'abort')]);
    signal.throwIfAborted();
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  builds.set(key, promise);
  return () => {
    builds.delete(key);
    resolve();
  };
}

/** The same for a folder whenever it is built, so that a new image takes the old one's name, and the old one is reaped. */
function ownTag({ dataId, task }: BuildRequest, { dockerfile }: BuildContext): string {
  const { context } = task.build!;
  const place = createHash('sha256').update(`${context}\n${dockerfile}`).digest('hex').slice(0, 12);
  const word = basename(context)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `nightjar-${dataId}/${word || 'build'}:${place}`;
}

/** Sends the context, follows the build, and resolves with the image's id. */
async function send(request: BuildRequest, context: BuildContext, tag: string): Promise<string | { failure: string }> {
  const { docker, dataId, signal, note, isClassic, task } = request;
  const where = task.build!.context;
  const archive = context.pack();
  let unreadable: Error | undefined;
  archive.on('error', (error) => (unreadable = error));
  const output = createBuildOutput(note);
  const options = {
    version: isClassic ? '1' : '2',
    t: tag,
    dockerfile: context.dockerfile,
    // A failed step of the classic builder would leave its container behind (engine.md, 7).
    rm: true,
    forcerm: true,
    labels: { [LABEL.built]: dataId },
  };
  const stop = (): void => void archive.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const answer = await dialBuild(docker, options, archive, signal);
    const destroy = (): void => void answer.destroy(signal.reason as Error);
    signal.addEventListener('abort', destroy, { once: true });
    try {
      let broken: Error | undefined;
      answer.on('error', (error: Error) => (broken = error));
      for await (const line of createInterface({ input: answer })) if (line !== '') output.take(line);
      signal.throwIfAborted();
      if (broken !== undefined) throw broken;
    } finally {
      signal.removeEventListener('abort', destroy);
    }
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    if (unreadable !== undefined) return { failure: `The folder ${where} could not be sent: ${unreadable.message}.` };
    if (statusOf(thrown) === undefined) throw thrown;
    return { failure: `The engine refused to build ${where}: ${engineMessage(thrown)}.` };
  } finally {
    signal.removeEventListener('abort', stop);
    archive.destroy();
  }
  const { failure, imageId } = output.end();
  if (failure !== undefined) return { failure: `Building ${where} failed${failure}.` };
  return imageId ?? tag;
}

/** dockerode's `buildImage` opens a session of grpc for BuildKit, which gives one registry's credentials to whichever asks. */
function dialBuild(docker: Docker, options: object, archive: Readable, signal: AbortSignal): Promise<Readable> {
  const request = {
    path: '/build?',
    method: 'POST',
    file: archive,
    headers: { 'Content-Type': 'application/x-tar' },
    options,
    abortSignal: signal,
    isStream: true,
    statusCodes: { 200: true, 400: 'bad request', 500: 'server error' },
  };
  return new Promise((resolve, reject) => {
    docker.modem.dial(request as never, (error: unknown, answer: unknown) =>
      error ? reject(error) : resolve(answer as Readable),
    );
  });
}

/** Images that were built here and lost their name to a newer one; those that a container stands on stay. */
export async function reapBuiltImages(docker: Docker, dataId: string): Promise<void> {
  const filters = { dangling: ['true'], label: [`${LABEL.built}=${dataId}`] };
  for (const { Id } of await docker.listImages(limited({ filters }))) {
    await docker
      .getImage(Id)
      .remove(limited({}))
      .catch((thrown: unknown) => {
        // 409: it is in use. 404: somebody else was quicker.
        if (!isOfTheEngine(thrown)) throw thrown;
      });
  }
}
