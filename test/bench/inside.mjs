import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded before the program that is measured (`node --import`), which knows nothing of it: answers the bench over the channel that
 * it was started with. Nothing is recorded before `record`, because recording wakes the process every millisecond.
 */
if (isMainThread && process.send !== undefined) {
  const resolution = 1;
  const turns = monitorEventLoopDelay({ resolution });
  const tell = {
    record() {
      turns.enable();
      turns.reset();
      process.send('recording');
    },
    // Its pause is recorded before the answer, so that whoever records from then on does not see it.
    collect() {
      globalThis.gc();
      setTimeout(() => process.send(process.memoryUsage.rss()), 20);
    },
    // What was recorded since it was asked last.
    read() {
      const { user, system } = process.cpuUsage();
      const resources = process.getActiveResourcesInfo();
      const timers = resources.filter((name) => name === 'Timeout' || name === 'Immediate').length;
      process.send({
        longest: Math.max(0, turns.max / 1e6 - resolution),
        most: Math.max(0, turns.percentile(99.9) / 1e6 - resolution),
        heap: process.memoryUsage().heapUsed,
        cpuSeconds: (user + system) / 1e6,
        timers,
        resources: resources.length - timers,
      });
      turns.reset();
    },
  };
  process.on('message', (message) => tell[message]?.());
  process.channel.unref();
}
