import type { Clock } from './clock.ts';
import { Failure } from './failure.ts';
import type { Parts } from './parts.ts';
import type { RunRecord } from './store/run-record.ts';

/**
 * Cancels a run wherever it stands. One that waits for a further attempt has begun something: it is taken out of the queue for its
 * `on_cancel` and `always` handlers, past the limits, because they are few and somebody waits for them. Returns whether a place in
 * the queue became free.
 *
 * @throws Failure `not-active` where it has ended.
 */
export function cancelRun(
  { queue, exits, active, runs, lease, ends }: Pick<Parts, 'queue' | 'exits' | 'active' | 'runs' | 'lease' | 'ends'>,
  run: RunRecord,
  clock: Clock,
): boolean {
  const byYou = { kind: 'cancelled', by: 'you' } as const;
  const definition = run.state === 'queued' && run.attempt > 1 ? runs.definitionOf(run.id) : undefined;
  if (definition !== undefined && definition.onCancel.length + definition.always.length > 0) {
    const claimed = exits.claimCancelled(run.id, lease.instance, clock.now());
    if (claimed !== undefined) {
      active.start(claimed, definition);
      active.stop(run.id, byYou);
      return true;
    }
  }
  const wasWaiting = ends.cancelWaiting(run.id);
  if (!wasWaiting && !queue.requestCancel(run.id, clock.now())) {
    throw new Failure('not-active', `${run.job}#${run.number} is ${run.state} already; there is nothing to cancel.`);
  }
  active.stop(run.id, byYou);
  return wasWaiting;
}
