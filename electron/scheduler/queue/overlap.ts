import type { Trigger } from '../../api/words.ts';
import type { Overlap } from '../job-file/definition.ts';

export type OverlapDecision = 'enqueue' | 'skip' | 'cancel-running-and-enqueue';

/**
 * What becomes of a new run while others of its job are active.
 *
 * A person's run and an upstream's end always enqueue, and so does what is caught up, which stands for all that was missed: they
 * wait for the running one in place of being skipped.
 */
export function decideOverlap(
  overlap: Overlap,
  trigger: Trigger,
  active: { readonly queued: number; readonly running: number },
): OverlapDecision {
  if (trigger !== 'scheduled') return 'enqueue';
  switch (overlap) {
    case 'skip':
      return active.queued + active.running > 0 ? 'skip' : 'enqueue';
    case 'queue-one':
      return active.queued > 0 ? 'skip' : 'enqueue';
    case 'cancel-running':
      // The one that waits already is the replacement.
      if (active.queued > 0) return 'skip';
      return active.running > 0 ? 'cancel-running-and-enqueue' : 'enqueue';
    case 'queue-all':
    case 'allow':
      return 'enqueue';
    default:
      return overlap satisfies never;
  }
}
