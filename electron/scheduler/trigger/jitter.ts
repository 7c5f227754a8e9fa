import { hash } from 'node:crypto';
import { changesAfter, type ClosedHours } from './closed-hours.ts';

/**
 * When the run of an occurrence starts under `jitter`: from its due moment to `jitterMs` later, in whole seconds, and never into
 * closed hours. The same each time for one occurrence, whoever asks and however often, and spread evenly over jobs and days.
 */
export function jitteredStart(
  { job, schedule, dueAt }: { readonly job: string; readonly schedule: string; readonly dueAt: number },
  jitterMs: number,
  hours: ClosedHours | null,
): number {
  const room = hours === null ? jitterMs : Math.min(jitterMs, changesAfter(hours, dueAt) - 1 - dueAt);
  const seconds = Math.floor(room / 1_000) + 1;
  // 48 bits: exact in a number, and far more than a jitter has seconds.
  const digest = parseInt(hash('sha256', `${job}\n${schedule}\n${dueAt}`).slice(0, 12), 16);
  return dueAt + (digest % seconds) * 1_000;
}
