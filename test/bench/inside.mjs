import { isMainThread } from 'node:worker_threads';
import { recordTurns } from './turn-recorder.mjs';

/**
 * Loaded before the program that is measured (`node --import`), which knows nothing of it: answers the bench over the channel that
 * it was started with. Nothing is recorded before `record`, because recording wakes the process every millisecond.
 */
if (isMainThread && process.send !== undefined) {
  let turns;
  const tell = {
    record() {
      turns ??= recordTurns();
      turns.read();
      process.send('recording');
    },
    // Its pause is recorded before the answer, so that whoever records from then on does not see it.
    collect() {
      globalThis.gc();
      setTimeout(() => process.send(process.memoryUsage.rss()), 20);
    },
    // What was recorded since it was asked last, where it is recorded.
    read() {
      const { user, system } = process.cpuUsage();
      const resources = process.getActiveResourcesInfo();
      const timers = resources.filter((name) => name === 'Timeout' || name === 'Immediate').length;
      process.send({
        ...turns?.read(),
        heap: process.memoryUsage().heapUsed,
        cpuSeconds: (user + system) / 1e6,
        timers,
        resources: resources.length - timers,
      });
    },
  };
  process.on('message', (message) => tell[message]?.());
  process.channel.unref();
}
