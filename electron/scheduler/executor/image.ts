import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { TaskDefinition } from '../job-file/definition.ts';
import { engineMessage, limited, statusOf } from './engine-client.ts';
import { findAuth, registryOf } from './registry-auth.ts';

/** Makes sure that an image is on the engine, by the task's pull policy. */
export interface ReadyImage {
  /** `name@sha256:…` where the image came from a registry, else its id. */
  readonly digest: string;
  readonly stopSignal: string | null;
}

/** How often a pull says how far it is. */
const PROGRESS_MS = 3_000;

export interface ImageRequest {
  readonly docker: Docker;
  readonly image: string;
  readonly policy: TaskDefinition['pull'];
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
  /** Where Docker's configuration and the credential helpers are looked up; left out: this process's environment. */
  readonly environment?: () => Promise<Readonly<Record<string, string | undefined>>>;
}

/** @returns a sentence where the image cannot be had. Throws where the engine does not answer, or `signal` aborts. */
export async function prepareImage(request: ImageRequest): Promise<ReadyImage | string> {
  const { docker, image, policy, note, signal } = request;
  const pull = async (): Promise<string | undefined> => {
    const failure = await pullImage(request);
    return failure === undefined ? undefined : `The image ${image} could not be pulled: ${failure}.`;
  };
  const gone = `The image ${image} was removed from the engine while this task prepared to start.`;
  switch (policy) {
    case 'never':
      return (
        (await lookForImage(docker, image, signal)) ??
        `There is no image ${image} on this engine, and \`pull: never\` forbids to pull it.`
      );
    case 'missing':
      return (
        (await lookForImage(docker, image, signal)) ??
        (await pull()) ??
        (await findImage(docker, image, signal)) ??
        gone
      );
    case 'always':
      return (await pull()) ?? (await findImage(docker, image, signal)) ?? gone;
    case 'fallback': {
      const failure = await pull();
      const found = await findImage(docker, image, signal);
      if (failure !== undefined && found !== undefined) note(`${failure} The one that is here is used.`);
      return found ?? failure ?? gone;
    }
    default:
      return policy satisfies never;
  }
}

/** First looks that are under way: tasks that start together mostly ask the same, and an engine answers one after another. */
const looks = new WeakMap<Docker, Map<string, Promise<ReadyImage | undefined>>>();

/** As `findImage`, together with whoever asks the same now; not for a second look, since the answer may be older than the question. */
async function lookForImage(docker: Docker, image: string, signal: AbortSignal): Promise<ReadyImage | undefined> {
  signal.throwIfAborted();
  const underWay = looks.get(docker) ?? new Map<string, Promise<ReadyImage | undefined>>();
  looks.set(docker, underWay);
  let look = underWay.get(image);
  if (look === undefined) {
    // Not given up when one of those who ask does: the others wait for it too.
    look = findImage(docker, image, limited({}).abortSignal).finally(() => underWay.delete(image));
    underWay.set(image, look);
  }
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([look, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Undefined where the engine has none of that name. Throws where it does not answer, or `signal` aborts. */
export async function findImage(docker: Docker, image: string, signal: AbortSignal): Promise<ReadyImage | undefined> {
  try {
    // dockerode's types do not know that an image's `inspect` takes a signal.
    const options = { abortSignal: signal } as Docker.ImageInspectOptions & { abortSignal: AbortSignal };
    const { Id, RepoDigests, Config } = await docker.getImage(image).inspect(options);
    return { digest: RepoDigests?.[0] ?? Id, stopSignal: (Config as { StopSignal?: string })?.StopSignal || null };
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined;
    throw thrown;
  }
}

/** @returns what went wrong, without an end of sentence */
async function pullImage({ docker, image, note, signal, environment }: ImageRequest): Promise<string | undefined> {
  const startedAt = performance.now();
  const auth = await findAuth(image, note, await environment?.());
  note(`Pulling ${image}`);
  try {
    // An image named by digest or with a tag is itself; a bare name is its `latest` (the API would fetch all of them).
    const stream = (await docker.pull(image, { authconfig: auth, abortSignal: signal })) as Readable;
    const stop = (): void => void stream.destroy(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const failure = await followPull(stream, (percent) => note(`Pulling ${image}, ${percent} %`));
      if (failure !== undefined) return explain(failure, image, auth !== undefined);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    if (statusOf(thrown) === undefined) return `the connection to the engine ended (${engineMessage(thrown)})`;
    return explain(engineMessage(thrown), image, auth !== undefined);
  }
  note(`Pulled ${image} in ${Math.max(1, Math.round((performance.now() - startedAt) / 1000))} s`);
  return undefined;
}

/** Reads the engine's lines to the end; resolves with the error among them, if there is one. */
async function followPull(stream: Readable, progress: (percent: number) => void): Promise<string | undefined> {
  const layers = new Map<string, { current: number; total: number }>();
  let saidAt = performance.now();
  let said = 0;
  let failure: string | undefined;
  let streamError: Error | undefined;
  stream.on('error', (error: Error) => (streamError = error));
  for await (const line of createInterface({ input: stream })) {
    if (line === '') continue;
    const event = JSON.parse(line) as {
      id?: string;
      status?: string;
      error?: string;
      progressDetail?: { current?: number; total?: number };
    };
    if (event.error !== undefined) failure = event.error;
    const { current, total } = event.progressDetail ?? {};
    const layer = layers.get(event.id ?? '');
    if (event.status === 'Downloading' && current !== undefined && total !== undefined)
      layers.set(event.id!, { current, total });
    else if (layer !== undefined && /complete/i.test(event.status ?? '')) layer.current = layer.total;

    const sum = (key: 'current' | 'total'): number => [...layers.values()].reduce((all, one) => all + one[key], 0);
    const percent = sum('total') === 0 ? 0 : Math.floor((100 * sum('current')) / sum('total'));
    // Layers are found one after another, so the share may shrink: then it is not said.
    if (percent <= said || performance.now() - saidAt < PROGRESS_MS) continue;
    said = percent;
    saidAt = performance.now();
    progress(percent);
  }
  if (streamError !== undefined) throw streamError;
  return failure;
}

function explain(said: string, image: string, hadCredentials: boolean): string {
  const message = said.replace(/\.$/, '');
  if (!/denied|unauthorized|authentication|no basic auth/i.test(message)) return message;
  const registry = registryOf(image).replace(/^https:\/\/index\.docker\.io\/v1\/$/, 'Docker Hub');
  return hadCredentials
    ? `${message} (with your credentials for ${registry} from Docker's configuration)`
    : `${message} (without credentials; "docker login" for ${registry} gives some)`;
}
