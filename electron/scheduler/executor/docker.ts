import { delimiter } from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { Engine } from '../../api/api.ts';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { containerName } from './container-options.ts';
import { watchContainerUsage } from './container-usage.ts';
import { createContainer } from './create-container.ts';
import { clientNow, createEngineWatch } from './engine.ts';
import type { EngineWatch } from './engine.ts';
import { engineMessage, isOfTheEngine, limited, statusOf } from './engine-client.ts';
import type { Executor, Outcome, TaskExecution, TaskTrace } from './executor.ts';
import { followContainer } from './follow-container.ts';
import type { ContainerEnd } from './follow-container.ts';
import { createKeptContainers } from './kept-container.ts';
import type { KeptContainers } from './kept-container.ts';
import { reapEngine } from './reap-engine.ts';
import { giveBack } from './give-back.ts';
import type { IsLive } from './reap-engine.ts';
import { whyNotStarted } from './refusals.ts';
import { removeContainer } from './remove-container.ts';
import { isElsewhere, withoutFolders } from './remote-engine.ts';
import { stopContainer } from './stop-container.ts';
import { prepareTaskImage } from './task-image.ts';
import { STOPPED, couldNotStart } from './outcomes.ts';

/**
 * Runs a task in a container: create → attach → start → wait → drain the log → remove, in that order, each for a reason
 * (engine.md). The container's name is stored before it is created, so it is found again whatever dies in between.
 */
export interface DockerExecutor extends Executor {
  /** The engine that tasks without one of their own use. */
  engine(): Engine;
  /** Those that tasks name, as far as one was looked for since the start, by the name of the Docker context. */
  engines(): ReadonlyMap<string, Engine>;
  /** Looks for one now, the found one unless a Docker context is named, and resolves with what it found. */
  checkEngine(context?: string): Promise<Engine>;
  /**
   * Removes, from the found engine and those of these Docker contexts, the containers of this data folder that belong to no
   * live attempt; resolves with how many. An engine that is away has them removed the next time.
   */
  reap(isLive: IsLive, contexts?: readonly string[]): Promise<number>;
  /** Makes ours again what containers of the image wrote into a folder of this machine; false where nobody can. */
  giveBack(folder: string, image: string): Promise<boolean>;
  /** Containers that stay for a look inside. */
  readonly kept: KeptContainers;
}

export interface DockerExecutorOptions {
  /** Names the data folder, in letters and digits: containers of another one are never touched. */
  readonly dataId: string;
  readonly instance: string;
  readonly clock: Clock;
  readonly onEngineChange: (engine: Engine) => void;
  /** Where DOCKER_HOST and the like are looked up; left out: this process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What the user's login shell has: an application that was started from a dock finds no credential helper without it. */
  readonly hostEnvironment?: () => Promise<Readonly<Record<string, string>>>;
}

export function createDockerExecutor(options: DockerExecutorOptions): DockerExecutor {
  const { dataId } = options;
  /** One a Docker context; null: the engine that is found. */
  const watches = new Map<string | null, EngineWatch>();
  const watchOf = (context: string | null): EngineWatch => {
    const known = watches.get(context);
    if (known !== undefined) return known;
    const { clock, environment, onEngineChange: onChange } = options;
    const watch = createEngineWatch({ clock, context, environment, onChange });
    watches.set(context, watch);
    return watch;
  };

  /** Of programs that Docker's configuration names. */
  const toolEnvironment = async (): Promise<Readonly<Record<string, string | undefined>>> => {
    const own = options.environment ?? process.env;
    const { PATH } = (await options.hostEnvironment?.()) ?? {};
    return PATH === undefined ? own : { ...own, PATH: [own['PATH'], PATH].filter(Boolean).join(delimiter) };
  };

  async function execute(asked: TaskExecution): Promise<Outcome> {
    const { task, log, signal } = asked;
    if (signal.aborted) return STOPPED;
    if (task.image === null && task.build === null) return couldNotStart(`Task ${task.name} names no image.`);
    const watch = watchOf(task.engine);
    const docker = watch.state().state === 'available' ? await watch.available(signal) : await clientNow(watch);
    if (docker === undefined) return couldNotStart(watch.state().error ?? 'There is no Docker engine.');
    if (watch.isPodman())
      log.note('This engine is Podman: through its Docker API, lines of a log may be missing or garbled.');

    const execution = isElsewhere(watch.state().host) ? withoutFolders(asked) : asked;
    const name = containerName(dataId, execution);
    const trace = { containerName: name, ...(task.engine === null ? {} : { engine: task.engine }) };
    execution.leaveTrace(trace);
    // An engine that falls silent answers no request any more, and only the pings beside it tell.
    const hold = watch.hold();
    try {
      const either = AbortSignal.any([signal, hold.lost]);
      const image = await prepareTaskImage({
        docker,
        task,
        dataId,
        engine: watch.state().host ?? '',
        isClassic: watch.isPodman(),
        note: log.note.bind(log),
        signal: either,
        environment: toolEnvironment,
      });
      if (typeof image === 'string') return couldNotStart(image);
      if (signal.aborted) return STOPPED;
      const complete = { ...trace, imageDigest: image.digest };
      execution.leaveTrace(complete);
      const start = { watch, docker, image: image.reference, trace: complete, lost: hold.lost };
      return await removing(watch, execution, name, (made) => startContainer(execution, start, made));
    } catch (thrown) {
      if (signal.aborted) return STOPPED;
      if (!isOfTheEngine(thrown)) throw thrown;
      await watch.check();
      return couldNotStart(`The engine failed before the task was started: ${engineMessage(thrown)}.`);
    } finally {
      hold.release();
    }
  }

  /** What is to be looked into stays, once that is on disk; whatever happens otherwise, nothing does. */
  async function removing(
    watch: EngineWatch,
    execution: TaskExecution,
    name: string,
    run: (made: Made) => Promise<Outcome>,
  ): Promise<Outcome> {
    let isKept = false;
    let id: string | undefined;
    let outcome: Outcome | undefined;
    try {
      outcome = await run((made) => (id = made));
      ({ isKept } = await execution.settle(outcome));
      return outcome;
    } finally {
      const mayComeYet = outcome === undefined && id === undefined;
      if (!isKept) await removeContainer(watch, { dataId, name, id, mayComeYet }, execution.log);
    }
  }

  async function startContainer(execution: TaskExecution, start: Start, made: (id: string) => void): Promise<Outcome> {
    const { watch, docker, lost } = start;
    const { task, signal } = execution;
    // Not given up when `signal` aborts: a request that was sent may be obeyed after we left.
    const container = await createContainer(docker, execution, start.image, options, lost);
    if (typeof container === 'string') return signal.aborted ? STOPPED : couldNotStart(container);
    made(container.id);
    execution.leaveTrace({ ...start.trace, containerId: container.id });
    if (signal.aborted) return STOPPED;

    const output = { stream: true, stdout: true, stderr: true, abortSignal: lost };
    const stream = (await container.attach(output)) as unknown as Readable;
    try {
      await container.start({ abortSignal: lost });
    } catch (thrown) {
      stream.destroy();
      if (statusOf(thrown) !== undefined) return couldNotStart(whyNotStarted(thrown, task));
      if (!isOfTheEngine(thrown)) throw thrown;
      // The connection broke, and the engine may have obeyed: it is asked when it is back.
      await watch.check();
      return follow(execution, watch, container.id);
    }
    return follow(execution, watch, container.id, { docker, stream });
  }

  async function follow(
    execution: TaskExecution,
    watch: EngineWatch,
    id: string,
    attached?: { readonly docker: Docker; readonly stream: Readable },
  ): Promise<Outcome> {
    const { signal } = execution;
    const ended = new AbortController();
    let stopping: Promise<void> | undefined;
    let logFailure: unknown;
    const stop = (): void => {
      stopping ??= stopContainer(watch, id, execution, ended.signal);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const usage = watchContainerUsage(watch, id, execution, attached !== undefined);
    let end: ContainerEnd;
    try {
      end = await followContainer({
        watch,
        id,
        attached,
        execution,
        onLogFailure: (thrown) => {
          logFailure = thrown;
          stop();
        },
      });
    } finally {
      ended.abort();
      signal.removeEventListener('abort', stop);
      await Promise.all([stopping, usage.stop()]);
    }
    if (logFailure !== undefined && !(logFailure instanceof Failure && logFailure.code === 'disk-full'))
      throw logFailure;
    const wasStopped = stopping !== undefined;
    switch (end.kind) {
      case 'ended':
        if (wasStopped) return { kind: 'stopped', exitCode: end.exitCode };
        if (end.isOutOfMemory) return { kind: 'out-of-memory', exitCode: end.exitCode, limit: end.memory };
        return { kind: 'exited', exitCode: end.exitCode };
      case 'gone':
        if (wasStopped) return STOPPED;
        return { kind: 'lost', reason: 'The container was removed by somebody else while it ran.' };
      case 'never-started':
        if (wasStopped) return STOPPED;
        return couldNotStart('The engine went away when the container was to be started.');
      case 'given-up':
        execution.log.note('The engine is away; the container is removed when it is back.');
        return STOPPED;
      default:
        return end satisfies never;
    }
  }

  return {
    execute,

    async recover(execution, trace) {
      const { signal, log, task } = execution;
      const watch = watchOf(task.engine);
      // One that is to be stopped is not waited with, and stopped all the same: nobody has asked for this engine yet.
      const docker = (await watch.available(signal)) ?? (await clientNow(watch));
      if (docker === undefined) return STOPPED;
      // The id is stored before the start, so without one it has not run; what has its name makes way.
      if (trace.containerId === undefined) return execute(execution);
      let state: string | undefined;
      try {
        state = (await docker.getContainer(trace.containerId).inspect(limited({}))).State.Status;
      } catch (thrown) {
        if (!isOfTheEngine(thrown)) throw thrown;
        if (statusOf(thrown) === 404) {
          return { kind: 'lost', reason: 'Its container was removed while Nightjar was not there.' };
        }
        // Whatever it is, `follow` waits for the engine and looks again.
      }
      if (state === 'created') return execute(execution);
      log.note('Nightjar was not there for a while; the log of this container goes on here.');
      execution.leaveTrace(trace);
      const { containerId } = trace;
      return removing(watch, execution, containerId, () => follow(execution, watch, containerId));
    },

    availability: (task) => watchOf(task.engine).availability(),
    engine: () => watchOf(null).state(),
    engines: () =>
      new Map(
        [...watches].flatMap(([context, watch]) => (context === null ? [] : [[context, watch.state()] as const])),
      ),
    checkEngine: (context) => watchOf(context ?? null).check(),
    kept: createKeptContainers({ dataId, instance: options.instance, watchOf }),

    async giveBack(folder, image) {
      const watch = watchOf(null);
      const docker = isElsewhere(watch.state().host) ? undefined : await clientNow(watch);
      if (docker === undefined) return false;
      return giveBack(docker, folder, image, options);
    },

    async reap(isLive, contexts = []) {
      const all = new Set([null, ...watches.keys(), ...contexts]);
      const counts = await Promise.all(
        [...all].map(async (context) => {
          const docker = await clientNow(watchOf(context));
          return docker === undefined ? 0 : reapEngine(docker, dataId, isLive);
        }),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },

    async close() {
      await Promise.all([...watches.values()].map((watch) => watch.close()));
    },
  };
}

/** Told the id of the container as soon as it is there. */
type Made = (id: string) => void;

/** What it takes to start a task's container. */
interface Start {
  readonly watch: EngineWatch;
  readonly docker: Docker;
  /** What the container is made of. */
  readonly image: string;
  readonly trace: TaskTrace;
  /** Aborts when the engine is gone. */
  readonly lost: AbortSignal;
}
