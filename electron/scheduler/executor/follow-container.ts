import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { EngineWatch } from './engine.ts';
import { engineMessage, limited, statusOf, waitForExit } from './engine-client.ts';
import type { OutputStream, TaskExecution } from './executor.ts';
import { readFrames } from './frames.ts';

/**
 * Brings a started container's output into the log and tells how it ended, whatever the engine does meanwhile.
 *
 * One connection is one `wait` and one stream. Only a `wait` that is answered is proof that the engine lived to the container's
 * end, so only then an ended stream is complete. After everything else the engine is waited for and asked: where the container
 * runs, its log is followed from the first byte, skipping what we have; where it has ended, the rest of its log is read.
 */
export interface FollowedContainer {
  readonly watch: EngineWatch;
  readonly id: string;
  /** A stream attached before the start; left out: the container was found, and its log has to be read. */
  readonly attached?: { readonly docker: Docker; readonly stream: Readable };
  readonly execution: TaskExecution;
  /** Told once, when the log takes no more: the container has to be stopped. */
  readonly onLogFailure: (thrown: unknown) => void;
}

export type ContainerEnd =
  | {
      readonly kind: 'ended';
      readonly exitCode: number;
      readonly isOutOfMemory: boolean;
      readonly memory: number | null;
    }
  | { readonly kind: 'gone' }
  /** It exists and has never run: the engine went before it obeyed. */
  | { readonly kind: 'never-started' }
  /** The engine was away when the task was stopped: nobody can say now what becomes of the container. */
  | { readonly kind: 'given-up' };

const SUCCESS: ContainerEnd = { kind: 'ended', exitCode: 0, isOutOfMemory: false, memory: null };

/** A stream that gives nothing for so long after the container's end will not end by itself. */
const DRAIN_IDLE_MS = 5_000;
const BETWEEN_TRIES_MS = 500;

export async function followContainer(followed: FollowedContainer): Promise<ContainerEnd> {
  const { watch, id, execution } = followed;
  const output = createOutput(followed);
  let { attached } = followed;
  let wasAway = false;
  for (;;) {
    const docker = attached?.docker ?? (await watch.available(execution.signal));
    if (docker === undefined) return { kind: 'given-up' };
    const hold = watch.hold();
    const connection = new AbortController();
    const broken = AbortSignal.any([hold.lost, connection.signal]);
    try {
      if (attached === undefined) {
        const state = await inspect(docker, id);
        if (state === undefined) return { kind: 'gone' };
        // Its exit code reads 0.
        if (state.isNew) return { kind: 'never-started' };
        if (!state.isRunning) {
          if (!(await output.readLog(docker, id, { isFollowed: false, broken }))) throw new Error('interrupted');
          if (wasAway)
            execution.log.note('The container ended while the engine was away; its last output may be missing.');
          return state;
        }
        if (wasAway) execution.log.note('The engine is back and the container still runs; its log goes on here.');
        wasAway = false;
      }
      const exit = waitForExit(docker, id, broken).catch((thrown: unknown) =>
        statusOf(thrown) === undefined ? ('broken' as const) : ('answered' as const),
      );
      const reading =
        attached === undefined
          ? output.readLog(docker, id, { isFollowed: true, broken })
          : output.read(attached.stream, broken);
      const ending = await exit;
      const isEnded = typeof ending === 'number' && (await output.drained(reading));
      connection.abort();
      await reading;
      // The engine ends a followed log before last words that have no line's end; its log has them by the time that `wait` answers.
      const isComplete =
        isEnded &&
        (attached !== undefined || (await output.readLog(docker, id, { isFollowed: false, broken: hold.lost })));
      // Whoever ends a container from outside, and the kernel too, leaves another code than 0: then there is nothing more to ask.
      if (isComplete && ending === 0) return SUCCESS;
      if (isComplete) return (await inspect(docker, id)) ?? { kind: 'gone' };
      // The engine is away, or the stream alone broke: the next round reads the rest from the engine's log.
      if (ending === 'broken' && !wasAway) {
        wasAway = true;
        const { error } = await watch.check();
        execution.log.note(error ?? 'The connection to the engine broke; the engine may have been restarted.');
      }
      await delay(BETWEEN_TRIES_MS);
    } catch (thrown) {
      if (statusOf(thrown) === 404) return { kind: 'gone' };
      // The engine went between two calls, or answers with an error of its own while it comes or goes.
      wasAway ||= statusOf(thrown) === undefined;
      await watch.check();
      await delay(BETWEEN_TRIES_MS);
    } finally {
      connection.abort();
      hold.release();
    }
    attached = undefined;
  }
}

async function inspect(docker: Docker, id: string) {
  try {
    const { State, HostConfig } = await docker.getContainer(id).inspect(limited({}));
    // Somebody takes it away at this moment, and the exit code is of the kill that comes with it.
    if (State.Dead || State.Status === 'removing') return undefined;
    return {
      kind: 'ended' as const,
      isNew: State.Status === 'created',
      isRunning: State.Running || State.Restarting,
      exitCode: State.ExitCode,
      // True also where a child was killed and the command got over it (engine.md, 3).
      isOutOfMemory: State.OOMKilled && State.ExitCode !== 0,
      memory: HostConfig.Memory || null,
    };
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined;
    throw thrown;
  }
}

/** The way into the log, with the count of what is in it: the one place that knows where to go on. */
function createOutput({ execution, onLogFailure }: FollowedContainer) {
  const { log } = execution;
  const have: Record<OutputStream, number> = { stdout: log.consumed('stdout'), stderr: log.consumed('stderr') };
  let hasFailed = false;
  let isWriting = false;
  let lastAt = performance.now();

  async function write(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    have[stream] += bytes.length;
    lastAt = performance.now();
    if (hasFailed) return;
    isWriting = true;
    try {
      await log.write(stream, bytes);
    } catch (thrown) {
      hasFailed = true;
      onLogFailure(thrown);
    }
    isWriting = false;
    lastAt = performance.now();
  }

  /** Resolves with whether the stream came to an end of its own, after `skip` bytes of each that are known already. */
  async function read(source: Readable, broken: AbortSignal, skip = { stdout: 0, stderr: 0 }): Promise<boolean> {
    lastAt = performance.now();
    const destroy = (): void => void source.destroy();
    broken.addEventListener('abort', destroy, { once: true });
    if (broken.aborted) destroy();
    try {
      for await (const { stream, bytes } of readFrames(source)) {
        const known = Math.min(skip[stream], bytes.length);
        skip[stream] -= known;
        lastAt = performance.now();
        if (known < bytes.length) await write(stream, bytes.subarray(known));
      }
      return !broken.aborted;
    } catch {
      return false; // Why does not matter: what follows asks the engine.
    } finally {
      broken.removeEventListener('abort', destroy);
    }
  }

  return {
    read,
    /** The engine's own log of the container, from the first byte that we do not have. */
    async readLog(docker: Docker, id: string, how: { isFollowed: boolean; broken: AbortSignal }): Promise<boolean> {
      const skip = { ...have };
      const request = {
        path: `/containers/${id}/logs?`,
        method: 'GET',
        isStream: true,
        statusCodes: { 200: true, 404: 'no such container', 409: 'being removed', 500: 'server error' },
        options: { stdout: true, stderr: true, follow: how.isFollowed },
        abortSignal: how.broken,
      };
      let source: Readable;
      try {
        source = await new Promise<Readable>((resolve, reject) => {
          docker.modem.dial(request as never, (error: unknown, answer: unknown) =>
            error ? reject(error) : resolve(answer as Readable),
          );
        });
      } catch (thrown) {
        // Why does not matter, and nobody may be listening yet: what follows asks the engine.
        if (statusOf(thrown) === undefined) return false;
        log.note(`Output may be missing here: the engine cannot read this container's log (${engineMessage(thrown)}).`);
        return true;
      }
      const isComplete = await read(source, how.broken, skip);
      if (isComplete && skip.stdout + skip.stderr > 0) {
        log.note('Output may be missing here: the engine no longer has all of what the container wrote.');
      }
      return isComplete;
    },
    /** After the container's end: whether the stream ends too, in its own time as long as it or the log is busy. */
    async drained(reading: Promise<boolean>): Promise<boolean> {
      for (;;) {
        const isComplete = await Promise.race([reading, delay(DRAIN_IDLE_MS, undefined, { ref: false })]);
        if (isComplete !== undefined) return isComplete;
        if (!isWriting && performance.now() - lastAt >= DRAIN_IDLE_MS) return false;
      }
    },
  };
}
