import { setTimeout as delay } from 'node:timers/promises';
import type { EngineWatch } from './engine.ts';
import { isOfTheEngine, limited } from './engine-client.ts';
import { stopTimeoutOf } from './executor.ts';
import type { TaskExecution } from './executor.ts';
import { signalName } from './signal-name.ts';

/** For the engine to end a container by SIGKILL before it is removed by force. */
const KILL_LIMIT_MS = 10_000;

/**
 * The stop signal, the task's time to obey, SIGKILL, removal by force. Resolves when `ended` says that the container is gone or
 * when there is nothing more to be done. Our own escalation and not the engine's: that one counts whole seconds, and takes a
 * signal only since API 1.42.
 */
export async function stopContainer(
  watch: EngineWatch,
  id: string,
  execution: TaskExecution,
  ended: AbortSignal,
): Promise<void> {
  const wait = (ms: number): Promise<void> => delay(ms, undefined, { signal: ended }).catch(() => {});
  const docker = await watch.available(AbortSignal.any([execution.signal, ended]));
  if (docker === undefined) return;
  const container = docker.getContainer(id);
  try {
    const inspected = (await container.inspect(limited({}))).Config as { StopSignal?: string };
    await container.kill(
      limited({ signal: signalName(execution.task.stopSignal) ?? (inspected.StopSignal || 'SIGTERM') }),
    );
    await wait(stopTimeoutOf(execution));
    if (ended.aborted) return;
    await container.kill(limited({ signal: 'SIGKILL' }));
    await wait(KILL_LIMIT_MS);
    if (!ended.aborted) await container.remove(limited({ force: true, v: true }));
  } catch (thrown) {
    // 404 and 409: it has ended. Without a status the engine is away: then `followContainer` gives up, since we are to stop.
    if (!isOfTheEngine(thrown)) throw thrown;
  }
}
