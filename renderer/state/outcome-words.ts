import type { Job, Run } from '../../electron/api/api.ts';
import { plural } from '../format/number.ts';
import { paramWords } from './param-words.ts';

/**
 * What to say of a run in one line of the history: Nightjar's own words, and after them what the program said, which is set in its
 * own type. A run that has nothing to say shows the params that tell it from others of its `job`.
 */
export function outcomeWords(run: Run, job: Job | undefined): { words: string; detail: string | null } {
  if (run.state === 'skipped' && run.skipped && run.skipped.count > 1) {
    return { words: `${run.reason ?? 'skipped'}, ${plural(run.skipped.count, 'time')}`, detail: null };
  }
  if (run.reason) return { words: run.error ? `${run.reason}, ` : run.reason, detail: run.error };
  return { words: paramWords(run, job), detail: null };
}
