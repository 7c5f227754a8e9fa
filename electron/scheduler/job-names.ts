/** Of thousands of jobs, so many are named. */
const NAMED = 20;

/** Jobs in a sentence. */
export function namesOf(jobs: readonly string[]): string {
  const others = jobs.length - NAMED;
  return others > 0 ? `${jobs.slice(0, NAMED).join(', ')} and ${others} more` : jobs.join(', ');
}

/** Adds a job to those that have something in common. */
export function addTo(lists: Map<string, string[]>, common: string, job: string): void {
  const known = lists.get(common);
  if (known === undefined) lists.set(common, [job]);
  else known.push(job);
}
