import { dump } from 'js-yaml';
import { writeDuration } from '../duration.ts';
import type { JobDefinition, RetryDefinition, TaskDefinition } from '../job-file/definition.ts';
import { matrixOf } from '../job-file/matrix.ts';

/**
 * A definition as a job file would say it: what was in force for a run, with the defaults of nightjar.yml merged and the shared
 * steps in place, and without what says nothing. For people to read and compare; parsed again it means the
 * same, except that variables of nightjar.yml are then no longer weaker than those of an `env_file`.
 */
export function writeDefinition(job: JobDefinition): string {
  const {
    id: _id,
    file: _file,
    homeVariables,
    scheduler,
    missedDeadlineMs,
    jitterMs,
    timeoutMs,
    retry,
    keep,
    when,
    ...rest
  } = job;
  const { steps, onSuccess, onFailure, onCancel, always, overlap, onMissed, keepContainer, ...others } = rest;
  const { keepAwake, paused, catchUpAfterPause, ...same } = others;
  return dump(
    said({
      scheduler: scheduler.length === 1 ? scheduler[0] : scheduler,
      ...same,
      variables: { ...homeVariables, ...job.variables },
      overlap: overlap === 'skip' ? null : overlap,
      onMissed: onMissed === 'run-once' ? null : onMissed,
      missedDeadline: missedDeadlineMs === 86_400_000 ? null : writeDuration(missedDeadlineMs),
      jitter: jitterMs === 0 ? null : writeDuration(jitterMs),
      timeout: timeoutMs === null ? null : writeDuration(timeoutMs),
      retry: writeRetry(retry),
      keep: {
        runs: keep.runs === 100 ? null : keep.runs,
        days: keep.days === 90 ? null : keep.days,
        bytes: keep.bytes === 500e6 ? null : writeSize(keep.bytes),
      },
      when: { power: when.power, idle: when.idleMs === null ? null : writeDuration(when.idleMs), online: when.online },
      keepAwake: keepAwake || null,
      keepContainer: keepContainer === 'never' ? null : keepContainer,
      paused: paused || null,
      catchUpAfterPause: catchUpAfterPause || null,
      steps: steps.map((group) => ({ name: group.name, tasks: writeTasks(group.tasks) })),
      onSuccess: writeTasks(onSuccess),
      onFailure: writeTasks(onFailure),
      onCancel: writeTasks(onCancel),
      always: writeTasks(always),
    }),
    { lineWidth: 110, noRefs: true },
  );
}

/** The combinations of one matrix are the one task that the file had. */
function writeTasks(tasks: readonly TaskDefinition[]): object[] {
  const written: object[] = [];
  for (let from = 0; from < tasks.length;) {
    const task = tasks[from] as TaskDefinition;
    if (task.matrix === null) {
      written.push(writeTask(task));
      from += 1;
      continue;
    }
    const name = task.matrix.of;
    const others = tasks.findIndex((other, index) => index > from && other.matrix?.of !== name);
    const combinations = tasks.slice(from, others === -1 ? undefined : others);
    const matrix = matrixOf(combinations.flatMap((one) => (one.matrix === null ? [] : [one.matrix.values])));
    const variables = Object.fromEntries(Object.entries(task.variables).filter(([key]) => !(key in matrix)));
    written.push({ ...writeTask({ ...task, name, variables, matrix: null }), matrix });
    from += combinations.length;
  }
  return written;
}

function writeTask(task: TaskDefinition): object {
  const { name, executor, image, command, timeoutMs, stopTimeoutMs, retry, pull, memory, allowFailure, ...rest } = task;
  const derived =
    image !== null || task.build !== null ? 'docker' : task.gitlab ? 'gitlab' : task.github ? 'github' : 'process';
  return {
    name,
    executor: executor === derived ? null : executor,
    image,
    command,
    ...rest,
    memory: memory === null ? null : writeSize(memory),
    pull: pull === 'missing' ? null : pull,
    timeout: timeoutMs === null ? null : writeDuration(timeoutMs),
    allowFailure: allowFailure || null,
    stopTimeout: stopTimeoutMs === 10_000 ? null : writeDuration(stopTimeoutMs),
    retry: writeRetry(retry),
  };
}

const SIZES = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['KB', 1e3],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;

function writeSize(bytes: number): string {
  const [unit, size] = SIZES.find(([, each]) => bytes >= each && bytes % each === 0) ?? ['B', 1];
  return `${bytes / size}${unit}`;
}

function writeRetry(retry: RetryDefinition | null): object | null {
  if (retry === null) return null;
  return {
    limit: retry.limit,
    interval: writeDuration(retry.intervalMs),
    backoff: retry.backoff === 1 ? null : retry.backoff,
    maxInterval: writeDuration(retry.maxIntervalMs),
    exitCodes: retry.exitCodes,
  };
}

// What the user named, and so is never renamed.
const NAMES_OF_USERS = new Set(['variables', 'params', 'matrix']);
// An empty entrypoint takes the image's away; every other empty list or map says nothing.
const SAYS_SOMETHING_EMPTY = new Set(['entrypoint', 'gitlab']);

/** Leaves out null and what is empty, and writes keys as job files do. */
function said(value: unknown, isNamed = false): unknown {
  if (Array.isArray(value)) return value.map((item) => said(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    const written = said(inner, !isNamed && NAMES_OF_USERS.has(key));
    const isEmpty = typeof written === 'object' && (written === null || Object.keys(written).length === 0);
    if (isEmpty && (written === null || isNamed || !SAYS_SOMETHING_EMPTY.has(key))) return [];
    return [[isNamed ? key : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), written]];
  });
  return Object.fromEntries(entries);
}
