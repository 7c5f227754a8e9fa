const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// One Ctrl-C may reach us twice, from the terminal and from bin/nightjar.js, and a service manager tells the whole group.
const SAME_MS = 400;

/** Counts the wishes to stop: the listener gets 1 for the first, 2 for the second. Returns what ends it. */
export function onStop(listener: (time: number) => void): () => void {
  let time = 0;
  let lastAt = -Infinity;
  const heard = () => {
    const now = performance.now();
    if (now - lastAt < SAME_MS) return;
    lastAt = now;
    listener(++time);
  };
  for (const signal of SIGNALS) process.on(signal, heard);
  return () => {
    for (const signal of SIGNALS) process.off(signal, heard);
  };
}
