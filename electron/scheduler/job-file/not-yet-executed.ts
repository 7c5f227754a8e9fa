import type { GroupFile, TaskFile } from './task-schema.ts';
import type { JobFile } from './schema.ts';
import type { Path } from './places.ts';
import type { ProblemList } from './read-yaml.ts';

/**
 * Keys that are validated and that this version does not carry out yet. A file that uses one gets a warning there, because
 * nothing is ever silently ignored. `task.` is any task's key.
 */
export const NOT_YET_EXECUTED: readonly (keyof JobFile | `task.${keyof TaskFile}`)[] = [
];

const notYet: ReadonlySet<string> = new Set(NOT_YET_EXECUTED);

/** Warns of each such key of a job, or of the `defaults` of nightjar.yml, which are at `path`. */
export function warnOfJobKeys(job: JobFile, path: Path, problems: ProblemList): void {
  for (const [key, value] of Object.entries(job)) {
    if (value !== undefined && notYet.has(key)) warn([...path, key], `\`${key}\``, problems);
  }
}

export function warnOfTaskKeys(task: TaskFile | GroupFile, path: Path, problems: ProblemList): void {
  for (const [key, value] of Object.entries(task)) {
    if (value !== undefined && notYet.has(`task.${key}`)) warn([...path, key], `\`${key}\``, problems);
  }
}

function warn(path: Path, what: string, problems: ProblemList): void {
  problems.add(path, `${what} is understood but not yet executed by this version`, {
    target: 'key',
    severity: 'warning',
  });
}
