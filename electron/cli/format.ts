import type { Run } from '../api/api.ts';
import type { RunState } from '../api/words.ts';

export type Style = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** `21:50:03` of today, else `2026-11-20 21:50`, on this machine's clock. */
export function formatMoment(at: number | null, now: number): string {
  if (at === null) return '-';
  const [moment, today] = [new Date(at), new Date(now)];
  const date = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  const time = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
  return moment.toDateString() === today.toDateString() ? `${time}:${two(moment.getSeconds())}` : `${date} ${time}`;
}

/** `0.4 s`, `12 s`, `1 m 48 s`, `2 h 5 m`, `3 d 4 h`: two units at most. */
export function formatDuration(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return twoUnits(seconds, 60, 'm', 1, 's');
  if (seconds < 86_400) return twoUnits(seconds, 3_600, 'h', 60, 'm');
  return twoUnits(seconds, 86_400, 'd', 3_600, 'h');
}

function twoUnits(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${largeUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}

export function styleOf(state: RunState): Style {
  switch (state) {
    case 'succeeded':
      return 'green';
    case 'failed':
    case 'timed-out':
      return 'red';
    case 'cancelled':
    case 'interrupted':
      return 'yellow';
    case 'running':
      return 'cyan';
    case 'queued':
    case 'skipped':
      return 'dim';
    default:
      return state satisfies never;
  }
}

/** What a run is called everywhere: `backup#12`. */
export function runName(run: { job: string; number: number }): string {
  return `${run.job}#${run.number}`;
}

/** Why a run exists; of an `after` run with the run whose end made it. */
export function triggerWords({ trigger, upstream }: Pick<Run, 'trigger' | 'upstream'>): string {
  return upstream === null ? trigger : `${trigger} ${runName(upstream)}`;
}

const two = (value: number) => String(value).padStart(2, '0');
