import type { Job } from '../api/api.ts';
import { describeStartRules } from '../scheduler/conditions.ts';
import { closedHoursOf, nextOpenDue } from '../scheduler/trigger/closed-hours.ts';
import { parseSchedule } from '../scheduler/trigger/cron.ts';
import { describeAfter, describeSchedule } from '../scheduler/trigger/describe.ts';
import { machineTimezone } from '../scheduler/trigger/zones.ts';
import type { CheckedJob } from './check-jobs.ts';

/** A job as its file alone tells of it: what `list --json` gives, named as in the API where the API has it. */
export type ListedJob = Pick<
  Job,
  'id' | 'file' | 'pipelineName' | 'description' | 'schedules' | 'after' | 'startRules' | 'timezone' | 'nextDueAt'
> & { readonly isPaused: boolean; readonly problems: CheckedJob['problems'] };

export function describeJob({ id, file, definition, problems }: CheckedJob, now: number): ListedJob {
  const schedules = definition?.scheduler ?? [];
  const timezone = definition?.timezone ?? null;
  const closed = closedHoursOf(definition?.notBetween ?? [], timezone);
  const dues = schedules.flatMap((expression) => {
    const parsed = parseSchedule(expression, timezone);
    return parsed.ok ? [nextOpenDue(parsed.schedule, closed, now) ?? Infinity] : [];
  });
  const next = Math.min(Infinity, ...dues);
  return {
    id: id ?? '',
    file,
    pipelineName: definition?.pipelineName ?? '',
    description: definition?.description ?? null,
    schedules: schedules.map((expression) => ({ expression, words: describeSchedule(expression) })),
    after: (definition?.after ?? []).map(describeAfter),
    startRules: definition === null ? [] : describeStartRules(definition),
    timezone: timezone ?? machineTimezone(),
    nextDueAt: Number.isFinite(next) ? next : null,
    isPaused: definition?.paused ?? false,
    problems,
  };
}
