import type { Trigger, WaitCause } from '../../api/words.ts';

/** A waiting run, as far as it decides whether it could start. */
export interface Candidate {
  readonly job: string;
  readonly trigger: Trigger;
  readonly attempt: number;
  readonly attempts: number;
  readonly notBeforeAt: number | null;
  readonly concurrencyGroup: string | null;
  /** `overlap: allow`: several runs of the job at once. */
  readonly allowsOverlap: boolean;
  /** Names that its job requires and the host has not. */
  readonly missingEnvironment: readonly string[];
  /** Why it cannot have its secrets now, as a sentence; null where it can. */
  readonly secretsProblem: string | null;
  /** What its job's `when` still waits for, as `for power`; null where all holds. */
  readonly unmet: string | null;
  /** What the first executor that cannot start its tasks says, as a sentence; null where all can. */
  readonly unavailable: string | null;
}

export interface RunName {
  readonly id: number;
  readonly job: string;
  readonly number: number;
}

/** What runs and what holds runs back, of all instances. */
export interface DispatchState {
  readonly now: number;
  /** IANA name, for the times in the sentences. */
  readonly timezone: string;
  /** `max_parallel_runs`. */
  readonly slots: number;
  readonly running: number;
  readonly runningByJob: ReadonlyMap<string, RunName>;
  readonly runningByGroup: ReadonlyMap<string, RunName>;
  /** Null where all jobs go; `untilAt` null: until somebody resumes. */
  readonly pauseOfAll: { readonly untilAt: number | null } | null;
  /** Jobs that the window or their own file has paused. */
  readonly pauseByJob: ReadonlyMap<string, { readonly untilAt: number | null }>;
  /** This instance starts nothing any more: a newer one has taken over. */
  readonly isDraining: boolean;
  /** Runs that an older version must finish before this one starts anything; 0 where it need not wait. */
  readonly olderRuns: number;
  readonly isDiskFull: boolean;
}

export interface Wait {
  readonly cause: WaitCause;
  /** One sentence. */
  readonly reason: string;
  readonly waitsForRunId: number | null;
}

/**
 * Why a waiting run cannot start now; null where it can. Of several reasons the one is told that will last: what a person must
 * change comes before what ends by itself, and a full house, which ends soonest, comes last.
 *
 * A manual run passes a pause and the conditions of its job. Nothing passes a limit.
 */
export function whyWaits(run: Candidate, state: DispatchState): Wait | null {
  if (state.isDiskFull) return wait('disk-full', 'The disk is full.');
  if (state.isDraining) return wait('draining', 'A newer version has taken over.');
  if (state.olderRuns > 0) {
    return wait(
      'draining',
      `Finishing the older version: ${state.olderRuns} ${state.olderRuns === 1 ? 'run' : 'runs'} left.`,
    );
  }
  const pause = state.pauseOfAll ?? state.pauseByJob.get(run.job);
  if (pause && run.trigger !== 'manual') {
    return wait('paused', pause.untilAt === null ? 'Paused.' : `Paused until ${timeOf(pause.untilAt, state)}.`);
  }
  const names = run.missingEnvironment;
  const unset = [names.length === 0 ? null : `Not set: ${names.join(', ')}.`, run.secretsProblem];
  if (unset.some((sentence) => sentence !== null)) {
    return wait('missing-environment', unset.filter((sentence) => sentence !== null).join(' '));
  }
  if (run.notBeforeAt !== null && run.notBeforeAt > state.now) {
    if (run.attempt > 1) return wait('retry', retryReason(run, run.notBeforeAt, state));
    return wait('jitter', `Starts at ${timeOf(run.notBeforeAt, state, 'seconds')} (jitter).`);
  }
  if (run.unmet !== null && run.trigger !== 'manual') return wait('condition', `Waits ${run.unmet}.`);
  if (run.unavailable !== null) return wait('engine-unavailable', run.unavailable);
  const same = state.runningByJob.get(run.job);
  if (same && !run.allowsOverlap) return wait('already-running', 'Already running.', same);
  const group = run.concurrencyGroup === null ? undefined : state.runningByGroup.get(run.concurrencyGroup);
  if (group) return wait('group-busy', `Group ${run.concurrencyGroup} is busy: ${group.job}.`, group);
  if (state.running >= state.slots) return wait('capacity', slotsInUse(state.slots));
  return null;
}

/** "Retry 2 of 3 at 21:50.": also what a run between two attempts has as its stored reason. */
export function retryReason(
  { attempt, attempts }: Pick<Candidate, 'attempt' | 'attempts'>,
  at: number,
  state: Pick<DispatchState, 'now' | 'timezone'>,
): string {
  return `Retry ${attempt} of ${attempts} at ${timeOf(at, state)}.`;
}

function wait(cause: WaitCause, reason: string, waitsFor?: RunName): Wait {
  return { cause, reason, waitsForRunId: waitsFor?.id ?? null };
}

function slotsInUse(slots: number): string {
  if (slots === 1) return 'The only slot is in use.';
  return slots === 2 ? 'Both slots are in use.' : `All ${slots} slots are in use.`;
}

// Making a formatter costs a hundred times what using it does, and the zone is the machine's, so there is one or two of each.
const formatters = new Map<string, Record<'day' | 'minutes' | 'seconds', Intl.DateTimeFormat>>();

/** `21:50`, with seconds `21:50:12`; on another day `23 Nov 21:50`. */
function timeOf(
  at: number,
  { now, timezone }: Pick<DispatchState, 'now' | 'timezone'>,
  to: 'minutes' | 'seconds' = 'minutes',
): string {
  let format = formatters.get(timezone);
  if (format === undefined) {
    format = {
      day: new Intl.DateTimeFormat('en-GB', { timeZone: timezone, day: 'numeric', month: 'short' }),
      minutes: new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hour: '2-digit', minute: '2-digit' }),
      seconds: new Intl.DateTimeFormat('en-GB', { timeZone: timezone, timeStyle: 'medium' }),
    };
    formatters.set(timezone, format);
  }
  const day = format.day.format(at);
  return day === format.day.format(now) ? format[to].format(at) : `${day} ${format[to].format(at)}`;
}
