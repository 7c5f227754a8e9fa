import { dump } from 'js-yaml';
import type { ImportedJob } from './imported.ts';

/** The text of a job file: where it came from, and the job. */
export function writeJob({ from, job }: ImportedJob): string {
  return `# Imported from ${from}.\n${dump(job, { lineWidth: 110, noRefs: true })}`;
}
