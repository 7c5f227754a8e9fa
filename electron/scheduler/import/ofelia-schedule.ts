export type OfeliaSchedule = { readonly expression: string } | { readonly problem: string };

const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };

/**
 * A schedule of Ofelia (robfig/cron: 5 fields, 6 with seconds first, words, `@every 1h30m`) as one of ours. `@every` counts from
 * Ofelia's start, ours from the full hour or day, so only an interval that divides one of them evenly is the same.
 */
export function ofeliaSchedule(written: string): OfeliaSchedule {
  const text = written.trim().replaceAll(/\s+/g, ' ');
  const zone = /^(?:CRON_)?TZ=\S+ /.exec(text);
  if (zone !== null) return { problem: `\`${text}\` names a time zone; write it as \`timezone\` of the job.` };
  const every = /^@every (.+)$/.exec(text)?.[1];
  // `?` means any day there.
  if (every === undefined) return { expression: text.replaceAll('?', '*') };
  const seconds = secondsOf(every);
  const expression = seconds === null ? null : expressionEvery(seconds);
  if (expression === null)
    return { problem: `\`@every ${every}\` has no counterpart: it does not divide a minute, an hour or a day evenly.` };
  return { expression };
}

function secondsOf(duration: string): number | null {
  if (!/^(\d+[hms])+$/.test(duration)) return null;
  return [...duration.matchAll(/(\d+)([hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS[unit as string] ?? 0),
    0,
  );
}

function expressionEvery(seconds: number): string | null {
  if (seconds < 1) return null;
  const step = (count: number): string => (count === 1 ? '*' : `*/${count}`);
  if (seconds < 60) return 60 % seconds === 0 ? `${step(seconds)} * * * * *` : null;
  if (seconds < 3600) return 3600 % seconds === 0 && seconds % 60 === 0 ? `${step(seconds / 60)} * * * *` : null;
  if (seconds < 86_400)
    return 86_400 % seconds === 0 && seconds % 3600 === 0 ? `0 ${step(seconds / 3600)} * * *` : null;
  return seconds === 86_400 ? '0 0 * * *' : null;
}
