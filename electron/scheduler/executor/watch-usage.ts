import type { UsageMeter } from './executor.ts';

/** What a task has used up so far and what it holds. */
export interface UsageReading {
  /** Processor time since it began, in milliseconds, of all processors together. */
  readonly cpuMs: number;
  readonly memory: number;
}

export interface UsageWatch {
  /** Ends the watch; resolves, at once but for a turn, when nothing of it is on its way any more. Never rejects. */
  stop(): Promise<void>;
}

const NO_WATCH: UsageWatch = { stop: async () => {} };

/**
 * Looks at a running task every `meter.everyMs`, beside it: the first look comes after one such pause, so that a short task costs
 * a timer and nothing else. `read` answers undefined where it cannot tell this time, and gives up when its signal aborts.
 *
 * @param isNew the task begins now, so what the first look finds was used since now; else the first look is only where the second
 * starts from
 */
export function watchUsage(
  meter: UsageMeter | undefined,
  isNew: boolean,
  read: (signal: AbortSignal) => Promise<UsageReading | undefined> | UsageReading | undefined,
): UsageWatch {
  if (meter === undefined) return NO_WATCH;
  let before = isNew ? { at: performance.now(), cpuMs: 0 } : undefined;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: { readonly ended: Promise<void>; readonly giveUp: AbortController } | undefined;

  const look = async (signal: AbortSignal): Promise<void> => {
    const reading = await read(signal);
    if (signal.aborted || reading === undefined) return;
    const at = performance.now();
    // A counter that fell is of another start, or has lost the part of a process that is gone: then nothing is known of it.
    if (before !== undefined && reading.cpuMs >= before.cpuMs && at > before.at) {
      meter.sample({ cpu: (reading.cpuMs - before.cpuMs) / (at - before.at), memory: reading.memory });
    }
    before = { at, cpuMs: reading.cpuMs };
  };
  const lookLater = (): void => {
    if (isOver || !Number.isFinite(meter.everyMs)) return;
    timer = setTimeout(() => {
      const giveUp = new AbortController();
      const ended = look(giveUp.signal).then(lookLater, (thrown: unknown) => meter.failed(thrown));
      looking = { ended, giveUp };
    }, meter.everyMs).unref();
  };

  lookLater();
  return {
    async stop() {
      isOver = true;
      clearTimeout(timer);
      looking?.giveUp.abort();
      await looking?.ended;
    },
  };
}
