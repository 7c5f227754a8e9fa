/** What a run takes of the disk, in bytes. */
export interface RunSizes {
  /** Text, index and lists. */
  readonly log: number;
  readonly stats: number;
  readonly artifacts: number;
}

export const NO_SIZES: RunSizes = { log: 0, stats: 0, artifacts: 0 };

export function addSizes(a: RunSizes, b: RunSizes): RunSizes {
  return { log: a.log + b.log, stats: a.stats + b.stats, artifacts: a.artifacts + b.artifacts };
}

export function sumOf({ log, stats, artifacts }: RunSizes): number {
  return log + stats + artifacts;
}
