/** What a run that outlived its scheduler has at least: an end that it met meanwhile is collected first. */
const AT_LEAST_MS = 10_000;

/**
 * What is left of a timeout, in ms, for what began at `startedAt` under a scheduler that may have crashed since: a crash makes no
 * timeout longer. A clock that was set meanwhile cannot make it longer either, nor shorter than ten seconds.
 */
export function timeLeft(timeoutMs: number, startedAt: number | null, now: number): number {
  if (startedAt === null) return timeoutMs;
  return Math.min(timeoutMs, Math.max(startedAt + timeoutMs - now, AT_LEAST_MS));
}
