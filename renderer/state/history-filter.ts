import type { RunFilter } from '../../electron/api/api.ts';
import { dayKey } from '../format/moment.ts';
import type { HistoryFilters } from './address.ts';

const DAY = 86_400_000;

/** What the address says, as the API is asked for it. Days are the zone's calendar days, both included. */
export function toRunFilter(filters: HistoryFilters, zone: string): RunFilter {
  const { text, job, without, states, triggers, since, until } = filters;
  return {
    ...(text && { jobContains: text }),
    ...(job && { job }),
    ...(without.length > 0 && { withoutJobs: without }),
    ...(states.length > 0 && { states }),
    ...(triggers.length > 0 && { triggers }),
    ...(since && { fromAt: startOfDay(since, zone) }),
    ...(until && { toAt: startOfDay(nextDay(until), zone) }),
  };
}

export const isFiltered = (filters: HistoryFilters): boolean =>
  Object.values(filters).some((value) => (Array.isArray(value) ? value.length > 0 : value));

/** The first moment of a calendar day (`2026-11-17`) in a zone. */
export function startOfDay(day: string, zone: string): number {
  // Midnight in UTC is at most 14 hours away from the zone's; quarters of an hour find it whatever the zone's offset is.
  const QUARTER = 900_000;
  let at = Date.parse(`${day}T00:00:00Z`) - 14 * 3_600_000;
  while (dayKey(at, zone) < day) at += QUARTER;
  return at;
}

const nextDay = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) + DAY).toISOString().slice(0, 10);
