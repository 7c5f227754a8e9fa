import type { Job } from '../../electron/api/api.ts';
import { formatAddress } from './address.ts';
import { nearMoment } from '../format/moment.ts';
import type { JobLook } from '../components/state-look.ts';
import type { RunState } from '../../electron/api/words.ts';

/** What is true of a job now; where nothing is, how it last ended. */
export function jobLook(job: Job): RunState | JobLook | 'waiting' {
  return job.state === 'idle' ? (job.last?.state ?? 'idle') : job.state;
}

/** The small words below a job's countdown: its schedule, or until when it is paused. */
export function scheduleWords(job: Job, now: number, zone: string): string {
  if (job.pause?.untilAt) return `until ${nearMoment(job.pause.untilAt, now, zone)}`;
  if (job.pause?.by === 'file') return 'in its file';
  const starts = [...job.schedules.map((schedule) => schedule.words), ...job.after];
  return [...(starts.length === 0 ? ['manual only'] : starts), ...job.startRules].join(', ');
}

/** Where a click on a job leads: what runs or ran last, its file where that cannot be or has a mistake. */
export function jobAddress(job: Job): string {
  const run = job.runningRun ?? job.last?.id;
  if (job.state === 'problem' || run === undefined)
    return formatAddress({ view: 'edit', path: job.file, template: null });
  return formatAddress({ view: 'run', run: String(run), task: null, line: null });
}

/** All that it requires of this machine and that is not set, and what to do about it; null where nothing is missing. */
export function unsetWords({ missingEnvironment, missingSecrets }: Job): { short: string; whole: string } | null {
  const short = `Not set: ${[...missingEnvironment, ...missingSecrets].join(', ')}`;
  const ways = [
    ...(missingEnvironment.length > 0
      ? [`${missingEnvironment.join(', ')} in your shell's profile, then look again`]
      : []),
    ...(missingSecrets.length > 0 ? [`${missingSecrets.join(', ')} under Secrets in Settings`] : []),
  ];
  return ways.length === 0 ? null : { short, whole: `${short}.\nSet ${ways.join('; ')}.` };
}

/** The first mistake of its file, in one line. */
export function problemWords(job: Job): string | null {
  const problem = job.problems.find(({ severity }) => severity === 'error') ?? job.problems[0];
  return problem ? `Line ${problem.line}: ${problem.message}` : null;
}
