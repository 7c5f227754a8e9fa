import type { Trigger } from '../api/words.ts';
import type { JobDefinition } from './job-file/definition.ts';
import { defaultParams } from './job-file/param-values.ts';
import type { NewRun } from './queue/job-queue.ts';

/** A run of this definition as it is put into the queue. */
export function newRunOf(
  definition: JobDefinition,
  trigger: Trigger,
  dueAt: number | null,
  queuedAt: number,
  params?: Readonly<Record<string, string>>,
): NewRun {
  return {
    job: definition.id,
    pipelineName: definition.pipelineName,
    trigger,
    dueAt,
    queuedAt,
    attempts: 1 + (definition.retry?.limit ?? 0),
    params: params ?? defaultParams(definition),
    isAsDefined: params === undefined,
    concurrencyGroup: definition.concurrencyGroup,
    definition,
  };
}
