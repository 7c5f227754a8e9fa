/**
 * Begins to measure how long the processor works on this thread; the returned function tells it, in ms. Bounds of speed are of this:
 * time on the wall is also that of whatever else the machine does.
 */
export function processorTime(): () => number {
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  };
}
