import type { Scheduler } from '../scheduler/scheduler.ts';

/**
 * Where the window shows a failure: `#/run/12?line=40`, the line to look at first, or the run alone where its log has none, or is
 * gone. A log counts its lines from 0, the window's address from 1.
 */
export async function failureAddress(scheduler: Scheduler, run: number): Promise<string> {
  const number = await scheduler.logs.firstError(run, {});
  return `#/run/${run}${number === null ? '' : `?line=${number + 1}`}`;
}
