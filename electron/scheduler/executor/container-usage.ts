import type Docker from 'dockerode';
import type { EngineWatch } from './engine.ts';
import { isOfTheEngine } from './engine-client.ts';
import type { TaskExecution } from './executor.ts';
import { watchUsage } from './watch-usage.ts';
import type { UsageReading, UsageWatch } from './watch-usage.ts';

/** An engine answers at its next second; one from before API 1.41 compares two of them first. */
const ANSWER_LIMIT_MS = 5_000;

/**
 * Measures a container by single questions. The stream of `docker stats` comes every second whether anybody wants it or not: over
 * ten seconds it cost the daemon 50 ms and us 6, five single questions 16 and 18, and fewer as a task gets older.
 *
 * @param isNew it was started just now, and not found running
 */
export function watchContainerUsage(
  watch: EngineWatch,
  id: string,
  { usage }: TaskExecution,
  isNew: boolean,
): UsageWatch {
  return watchUsage(usage, isNew, async (signal) => {
    if (watch.state().state !== 'available') return undefined;
    const docker = await watch.available(signal);
    if (docker === undefined) return undefined;
    try {
      const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
      const question = { stream: false, 'one-shot': true, abortSignal } as const;
      return readingOf((await docker.getContainer(id).stats(question)) as Docker.ContainerStats);
    } catch (thrown) {
      // It ended meanwhile, or the engine has its own troubles: whoever follows the container sees to that.
      if (!isOfTheEngine(thrown)) throw thrown;
      return undefined;
    }
  });
}

/** Memory as `docker stats` counts it: without the pages of files that nobody has used for a while, on cgroup v1 and v2. */
export function readingOf({ cpu_stats: cpu, memory_stats: memory }: Docker.ContainerStats): UsageReading | undefined {
  // What has ended has zeros or nothing.
  if (!memory?.usage || !cpu?.cpu_usage) return undefined;
  const counters = memory.stats as Partial<Record<'total_inactive_file' | 'inactive_file', number>> | undefined;
  const inactive = counters?.total_inactive_file ?? counters?.inactive_file ?? 0;
  return {
    cpuMs: cpu.cpu_usage.total_usage / 1e6,
    memory: inactive < memory.usage ? memory.usage - inactive : memory.usage,
  };
}
