import { setTimeout as delay } from 'node:timers/promises';
import { LABEL } from './container-options.ts';
import type { EngineWatch } from './engine.ts';
import { limited, statusOf } from './engine-client.ts';
import type { TaskLog } from './executor.ts';

/** Removal goes on for so long after everything else, whatever was cancelled. */
const REMOVAL_LIMIT_MS = 30_000;
/** A container that is not there now may still come: the engine makes what it was asked for, though nobody waits for its answer. */
const MAKING_LIMIT_MS = 3_000;

/** Which container: the engine's answer to our creating it named it by id; what is only known by name may be another's. */
export interface Removal {
  readonly dataId: string;
  readonly name: string;
  readonly id?: string | undefined;
  /** It was asked for, and no answer came. */
  readonly mayComeYet?: boolean;
}

/**
 * Removes a task's container: also when the task was cancelled, the engine is away for a while, or nobody knows whether it was
 * created.
 */
export async function removeContainer(watch: EngineWatch, removal: Removal, log: TaskLog): Promise<void> {
  const { dataId, name, id } = removal;
  const making = removal.mayComeYet === true ? AbortSignal.timeout(MAKING_LIMIT_MS) : undefined;
  const limit = AbortSignal.timeout(REMOVAL_LIMIT_MS);
  while (!limit.aborted) {
    const docker = await watch.available(limit);
    if (docker === undefined) break;
    try {
      const container = docker.getContainer(id ?? name);
      // The name may be somebody else's, where that is why the task could not start.
      if (id !== undefined || (await container.inspect(limited({}))).Config.Labels[LABEL.data] === dataId)
        await container.remove(limited({ force: true, v: true }));
      return;
    } catch (thrown) {
      if (statusOf(thrown) === 404 && making?.aborted !== false) return;
      // 409: somebody else removes it already; the next try finds it gone.
      if (statusOf(thrown) === undefined) await watch.check();
      await delay(200);
    }
  }
  log.note(`The container ${name} could not be removed within ${REMOVAL_LIMIT_MS / 1000} s; it is tried again later.`);
}
