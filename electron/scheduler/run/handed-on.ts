import type { StoredOutput } from '../store/output-store.ts';
import type { Part } from './run-context.ts';

const ORDER: Readonly<Record<Part, number>> = { step: 0, on_success: 1, on_failure: 1, on_cancel: 1, always: 2 };

/**
 * The variables that a task gets from what ran before its group: the outputs of all earlier groups, and for a handler those of the
 * steps and of the handlers before it. Of one name the later task's counts. Not its siblings': whether they have ended already is chance.
 */
export function handedOnTo(
  place: { readonly part: Part; readonly groupIndex: number },
  outputs: readonly StoredOutput[],
): Record<string, string> {
  const before = outputs
    .filter((output) => compare(output, place) < 0)
    .sort((a, b) => compare(a, b) || a.taskIndex - b.taskIndex);
  return Object.fromEntries(before.map(({ name, value }) => [name, value]));
}

function compare(
  a: { readonly part: Part; readonly groupIndex: number },
  b: { readonly part: Part; readonly groupIndex: number },
): number {
  return ORDER[a.part] - ORDER[b.part] || a.groupIndex - b.groupIndex;
}
