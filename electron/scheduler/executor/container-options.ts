import { dirname, posix } from 'node:path';
import type Docker from 'dockerode';
import type { TaskDefinition } from '../job-file/definition.ts';
import { OUTPUT_FILE, type TaskExecution } from './executor.ts';

/** What a task becomes when it is asked of the engine: a pure translation of product.md's keys. */

/** Names all that is ours on an engine; only what has the label of this data folder is ever touched. */
export const LABEL = {
  app: 'nightjar.app',
  data: 'nightjar.data',
  job: 'nightjar.job',
  run: 'nightjar.run',
  task: 'nightjar.task',
  attempt: 'nightjar.attempt',
  instance: 'nightjar.instance',
  /** On an image that was built here; a container made of it by anybody has it too, so it is none of those above. */
  built: 'nightjar.built',
} as const;

/** Where a `repo` is mounted, and where the command then works. */
const WORKSPACE = '/workspace';
/** Where a task leaves outputs and artifacts. */
const OUTPUT = '/nightjar/output';
const ARTIFACTS = '/nightjar/artifacts';

/** The same for one attempt of a task whoever asks, so that a container can be found whose creation was not even answered. */
export function containerName(dataId: string, execution: Pick<TaskExecution, 'runId' | 'taskRunId'>): string {
  return `nightjar-${dataId}-${execution.runId}-${execution.taskRunId}`;
}

export function containerOptions(
  execution: TaskExecution,
  image: string,
  owner: { readonly dataId: string; readonly instance: string },
): Docker.ContainerCreateOptions {
  const { task, workspace, exchange } = execution;
  const { binds, mounts } = volumesOf(task.volumes);
  if (workspace !== null) mounts.push({ Type: 'bind', Source: workspace, Target: WORKSPACE });
  if (exchange) {
    mounts.push({ Type: 'bind', Source: dirname(exchange.outputFile), Target: OUTPUT });
    mounts.push({ Type: 'bind', Source: exchange.artifacts, Target: ARTIFACTS });
  }
  const folder = workspace === null ? '/' : WORKSPACE;
  return {
    name: containerName(owner.dataId, execution),
    Image: image,
    ...commandOf(task),
    Env: Object.entries({
      ...execution.environment,
      ...(exchange && { NIGHTJAR_OUTPUT: `${OUTPUT}/${OUTPUT_FILE}`, NIGHTJAR_ARTIFACTS: ARTIFACTS }),
    }).map(([name, value]) => `${name}=${value}`),
    ...(task.workdir === null && workspace === null ? {} : { WorkingDir: posix.resolve(folder, task.workdir ?? '.') }),
    ...(task.user === null ? {} : { User: task.user }),
    ...(task.stopSignal === null ? {} : { StopSignal: task.stopSignal }),
    Labels: {
      [LABEL.app]: 'nightjar',
      [LABEL.data]: owner.dataId,
      [LABEL.job]: execution.jobId,
      [LABEL.run]: String(execution.runId),
      [LABEL.task]: String(execution.taskRunId),
      [LABEL.attempt]: String(execution.attempt),
      [LABEL.instance]: owner.instance,
    },
    HostConfig: {
      // PID 1 without a handler ignores SIGTERM; the engine's own init passes it on (engine.md, 4).
      Init: true,
      AutoRemove: false,
      Binds: binds,
      Mounts: mounts,
      ...(task.network === null ? {} : { NetworkMode: task.network }),
      ...(task.cpus === null ? {} : { NanoCpus: Math.round(task.cpus * 1e9) }),
      // No swap beside it: a task over its limit ends instead of grinding the machine down.
      ...(task.memory === null ? {} : { Memory: task.memory, MemorySwap: task.memory }),
      // `local` keeps the bytes as they are, and must never rotate: a re-attached container's log is read from its first byte
      // (engine.md, 11). It goes with the container.
      LogConfig: { Type: 'local', Config: { 'max-size': '1t', 'max-file': '1', compress: 'false' } },
    },
  };
}

/**
 * A string runs in a shell, which takes the place of the image's entrypoint; where the task has an entrypoint, that one gets the
 * shell's command line. A list keeps the image's entrypoint. An empty `entrypoint` takes the image's away.
 */
function commandOf(task: TaskDefinition): Pick<Docker.ContainerCreateOptions, 'Entrypoint' | 'Cmd'> {
  const entrypoint = task.entrypoint === null ? null : [...task.entrypoint];
  if (entrypoint?.length === 0) entrypoint.push(''); // The API's way to say so.
  const own = entrypoint === null ? {} : { Entrypoint: entrypoint };
  if (task.command === null) return own;
  if (typeof task.command !== 'string') return { ...own, Cmd: [...task.command] };
  const shell = ['/bin/sh', '-ec'];
  return entrypoint === null
    ? { Entrypoint: shell, Cmd: [task.command] }
    : { Entrypoint: entrypoint, Cmd: [...shell, task.command] };
}

/** `source:target[:mode]`; a source may begin with a Windows drive. No source: an anonymous volume. */
const VOLUME = /^(?:([A-Za-z]:[\\/][^:]*|[^:]+):)?(\/[^:]*)(?::([^:/]+))?$/;

/**
 * Mounts where possible, since a bind whose source is missing fails there, and makes an empty folder owned by root as one of
 * `Binds`. SELinux labels (`z`, `Z`) can be written as `Binds` only.
 */
function volumesOf(volumes: readonly string[]): { binds: string[]; mounts: Docker.MountSettings[] } {
  const binds: string[] = [];
  const mounts: Docker.MountSettings[] = [];
  for (const volume of volumes) {
    const [, source, target, mode] = VOLUME.exec(volume) ?? [];
    const words = mode?.split(',') ?? [];
    if (target === undefined || words.some((word) => word === 'z' || word === 'Z')) {
      binds.push(volume);
      continue;
    }
    const isBind = source !== undefined && /^(?:\/|[A-Za-z]:[\\/])/.test(source);
    const propagation = words.find((word) => /^r?(?:private|shared|slave)$/.test(word)) as
      Docker.MountPropagation | undefined;
    mounts.push({
      Type: isBind ? 'bind' : 'volume',
      Source: source ?? '',
      Target: target,
      ReadOnly: words.includes('ro') || words.includes('readonly'),
      ...(isBind && propagation !== undefined ? { BindOptions: { Propagation: propagation } } : {}),
    });
  }
  return { binds, mounts };
}
