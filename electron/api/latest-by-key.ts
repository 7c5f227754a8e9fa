export interface LatestByKey<K, T> {
  push(key: K, value: T): void;
  /** Forgets what still waits. */
  stop(): void;
}

/** Hands on the first value of a key at once, then at most one per interval and key: the latest. Keys that rest cost nothing. */
export function latestByKey<K, T>(intervalMs: number, handOn: (value: T) => void): LatestByKey<K, T> {
  const recent = new Map<K, { timer: ReturnType<typeof setTimeout>; waiting: { value: T } | null }>();

  function push(key: K, value: T): void {
    const resting = recent.get(key);
    if (resting !== undefined) {
      resting.waiting = { value };
      return;
    }
    const timer = setTimeout(() => {
      const { waiting } = recent.get(key)!;
      recent.delete(key);
      if (waiting !== null) push(key, waiting.value);
    }, intervalMs);
    recent.set(key, { timer, waiting: null });
    handOn(value);
  }

  return {
    push,
    stop() {
      for (const { timer } of recent.values()) clearTimeout(timer);
      recent.clear();
    },
  };
}
