import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { EngineWatch } from './engine.ts';
import { isOfTheEngine, limited, statusOf } from './engine-client.ts';
import { stopTimeoutOf } from './executor.ts';
import type { TaskExecution } from './executor.ts';
import { signalName } from './signal-name.ts';

/** For the engine to end a container by SIGKILL before it is removed by force. */
const KILL_LIMIT_MS = 10_000;
const AGAIN_MS = 200;

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
  const either = AbortSignal.any([execution.signal, ended]);
  while (!ended.aborted) {
    // Where the engine is away there is nothing to be done: then `followContainer` gives up, since we are to stop.
    const docker = await watch.available(either);
    if (docker === undefined) return;
    try {
      return await escalate(docker.getContainer(id), execution, wait, ended);
    } catch (thrown) {
      if (!isOfTheEngine(thrown)) throw thrown;
      const status = statusOf(thrown);
      // It has ended.
      if (status === 404 || status === 409) return;
      // A connection that broke, an engine that was busy for too long: nobody else would stop the container.
      if (status === undefined) await watch.check();
      await wait(AGAIN_MS);
    }
  }
}

async function escalate(
  container: Docker.Container,
  execution: TaskExecution,
  wait: (ms: number) => Promise<void>,
  ended: AbortSignal,
): Promise<void> {
  const inspected = (await container.inspect(limited({}))).Config as { StopSignal?: string };
  await container.kill(
    limited({ signal: signalName(execution.task.stopSignal) ?? (inspected.StopSignal || 'SIGTERM') }),
  );
  await wait(stopTimeoutOf(execution));
  if (ended.aborted) return;
  await container.kill(limited({ signal: 'SIGKILL' }));
  await wait(KILL_LIMIT_MS);
  if (!ended.aborted) await container.remove(limited({ force: true, v: true }));
}
