import { dump } from 'js-yaml';
import { writeDuration } from '../duration.ts';
import type { JobDefinition, RetryDefinition, TaskDefinition } from '../job-file/definition.ts';

/**
 * A definition as a job file would say it: what was in force for a run, with the defaults of nightjar.yml merged and the shared
 * steps in place, and without what says nothing. For people to read and compare; it is not parsed again.
 */
export function writeDefinition(job: JobDefinition): string {
  const {
    id: _id,
    file: _file,
    missedDeadlineMs,
    jitterMs,
    timeoutMs,
    scheduler,
    retry,
    steps,
    keep: _keep,
    when,
    ...rest
  } = job;
  const { onSuccess, onFailure, onCancel, always, overlap, onMissed, keepContainer, ...others } = rest;
  return dump(
    said({
      scheduler: scheduler.length === 1 ? scheduler[0] : scheduler,
      ...others,
      overlap: overlap === 'skip' ? null : overlap,
      onMissed: onMissed === 'run-once' ? null : onMissed,
      missedDeadline: missedDeadlineMs === 86_400_000 ? null : writeDuration(missedDeadlineMs),
      jitter: jitterMs === 0 ? null : writeDuration(jitterMs),
      timeout: timeoutMs === null ? null : writeDuration(timeoutMs),
      retry: writeRetry(retry),
      keepContainer: keepContainer === 'never' ? null : keepContainer,
      when: { power: when.power, idle: when.idleMs === null ? null : writeDuration(when.idleMs), online: when.online },
      steps: steps.map((group) => ({ name: group.name, tasks: group.tasks.map(writeTask) })),
      onSuccess: onSuccess.map(writeTask),
      onFailure: onFailure.map(writeTask),
      onCancel: onCancel.map(writeTask),
      always: always.map(writeTask),
    }),
    { lineWidth: 110 },
  );
}

function writeTask(task: TaskDefinition): object {
  const { name, executor, image, command, timeoutMs, stopTimeoutMs, retry, pull, memory, ...rest } = task;
  const derived =
    image !== null || task.build !== null ? 'docker' : task.gitlab ? 'gitlab' : task.github ? 'github' : 'process';
  return {
    name,
    executor: executor === derived ? null : executor,
    image,
    command,
    ...rest,
    memory,
    pull: pull === 'missing' ? null : pull,
    timeout: timeoutMs === null ? null : writeDuration(timeoutMs),
    stopTimeout: stopTimeoutMs === 10_000 ? null : writeDuration(stopTimeoutMs),
    retry: writeRetry(retry),
  };
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

/** Leaves out null, false and what is empty, and writes keys as job files do. */
function said(value: unknown, isNamed = false): unknown {
  if (Array.isArray(value)) return value.map((item) => said(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    const written = said(inner, NAMES_OF_USERS.has(key));
    const isEmpty = typeof written === 'object' && (written === null || Object.keys(written).length === 0);
    if (isEmpty || (written === false && !isNamed)) return [];
    const name = isNamed ? key : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [[name, written]];
  });
  return Object.fromEntries(entries);
}
