/**
 * Why a run or a task was told to stop: what an AbortController of `run/` is aborted with. The executor only sees that the
 * signal aborted; the outcome's name comes from here.
 */
export type StopReason =
  | { readonly kind: 'cancelled'; readonly by: string }
  | { readonly kind: 'timed-out'; readonly after: string; readonly of: 'task' | 'run' }
  /**
   * The scheduler ends before the run does: `the machine was shut down`, `Nightjar was stopped`. `withinMs` is all the time
   * that a task has from its stop signal to SIGKILL, where that is less than its `stop_timeout`.
   */
  | { readonly kind: 'interrupted'; readonly why: string; readonly withinMs?: number }
  | { readonly kind: 'disk-full'; readonly where: string };

/** The state that a stopped task or run ends in. */
export function stateOfStop(reason: StopReason): 'cancelled' | 'timed-out' | 'interrupted' | 'failed' {
  return reason.kind === 'disk-full' ? 'failed' : reason.kind;
}

/** The words for it, as product.md and the window have them. */
export function wordsOfStop(reason: StopReason): string {
  switch (reason.kind) {
    case 'cancelled':
      return `by ${reason.by}`;
    case 'timed-out':
      return reason.of === 'run'
        ? `stopped by the job's timeout: ${reason.after}`
        : `stopped by timeout: ${reason.after}`;
    case 'interrupted':
      return reason.why;
    case 'disk-full':
      return `disk full: ${reason.where}`;
    default:
      return reason satisfies never;
  }
}

/** What a signal of `run/` was aborted with. */
export function stopReasonOf(signal: AbortSignal): StopReason | undefined {
  return signal.aborted ? (signal.reason as StopReason) : undefined;
}
