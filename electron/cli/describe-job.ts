import type { Job } from '../api/api.ts';
import { nextDue, parseSchedule } from '../scheduler/trigger/cron.ts';
import { describeSchedule } from '../scheduler/trigger/describe.ts';
import { machineTimezone } from '../scheduler/trigger/zone.ts';
import type { CheckedJob } from './check-jobs.ts';

/** A job as its file alone tells of it: what `list --json` gives, named as in the API where the API has it. */
export type ListedJob = Pick<
  Job,
  'id' | 'file' | 'pipelineName' | 'description' | 'schedules' | 'timezone' | 'nextDueAt'
> & { readonly isPaused: boolean; readonly problems: CheckedJob['problems'] };

export function describeJob({ id, file, definition, problems }: CheckedJob, now: number): ListedJob {
  const schedules = definition?.scheduler ?? [];
  const timezone = definition?.timezone ?? null;
  const dues = schedules.flatMap((expression) => {
    const parsed = parseSchedule(expression, timezone);
    return parsed.ok ? [nextDue(parsed.schedule, now) ?? Infinity] : [];
  });
  const next = Math.min(Infinity, ...dues);
  return {
    id: id ?? '',
    file,
    pipelineName: definition?.pipelineName ?? '',
    description: definition?.description ?? null,
    schedules: schedules.map((expression) => ({ expression, words: describeSchedule(expression) })),
    timezone: timezone ?? machineTimezone(),
    nextDueAt: Number.isFinite(next) ? next : null,
    isPaused: definition?.paused ?? false,
    problems,
  };
}
