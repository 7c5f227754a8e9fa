/**
 * What the machine itself is asked, for `when` and `keep_awake`. A host that knows more than plain Node does hands in its own
 * (`SchedulerOptions.machine`). Answers at once, from what is known; null is "this host cannot tell".
 */
export interface Machine {
  power(): 'ac' | 'battery' | null;
  /** For how long nobody has touched it. */
  idleMs(): number | null;
  isOnline(): boolean | null;
  /** Keeps it from going to sleep until what it returns is called. Null: this host cannot. */
  readonly keepAwake: (() => () => void) | null;
}

/** `when` of a job; null: it does not matter. */
export interface Conditions {
  readonly power: 'ac' | null;
  readonly idleMs: number | null;
  readonly online: boolean | null;
}
