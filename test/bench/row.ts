/** One line of the table: what was measured, against whom, and what is wanted. */
export interface Finding {
  /** What of the row: "1 parallel", "open at the end". */
  readonly what: string;
  /** Median of the rounds, ready to read: "18,400 runs/s". */
  readonly nightjar: string;
  /** Who ran beside it in the same rounds, with its own median; null where the goal is a bound. */
  readonly against: string | null;
  /** How much better than that; the median over the rounds, and the lowest and highest of them. */
  readonly ratio: Ratio | null;
  readonly goal: string;
  readonly isMet: boolean;
}

export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Cost against size, for a plot. */
export interface Growth {
  readonly title: string;
  /** What is counted along the x axis: "runs". */
  readonly of: string;
  /** Milliseconds by size. */
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [size: number, ms: number])[];
  }[];
}

export interface RowResult {
  readonly findings: readonly Finding[];
  readonly growth?: readonly Growth[];
  /** What the table has no column for. */
  readonly notes?: readonly string[];
}

/** A row of the table: a file `*.bench.ts` whose default export it is. Each runs in a process of its own. */
export interface Row {
  readonly title: string;
  /** `folder` is empty, on the disk that is measured, and removed afterwards. */
  run(folder: string): Promise<RowResult>;
}
