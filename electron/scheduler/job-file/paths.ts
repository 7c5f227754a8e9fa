import { isAbsolute, join, resolve } from 'node:path';
import { isGitUrl } from './git-url.ts';
import type { JobFile, StepFile } from './schema.ts';
import type { TaskFile } from './task-schema.ts';

const HANDLERS = ['on_success', 'on_failure', 'on_cancel', 'always'] as const;

/** The file with every path absolute: relative ones begin at `folder`, where the file is; `~` is `userHome`. */
export function withAbsolutePaths(job: JobFile, folder: string, userHome: string): JobFile {
  const absolute = (path: string) => absolutePath(path, folder, userHome);
  const result = withoutUndefined(job);
  const { repo, env_file, steps } = result;
  if (repo !== undefined && !isGitUrl(repo)) result.repo = absolute(repo);
  if (env_file !== undefined) result.env_file = [env_file].flat().map(absolute);
  if (steps !== undefined) result.steps = stepsWithAbsolutePaths(steps, folder, userHome);
  for (const handler of HANDLERS) {
    const tasks = result[handler];
    if (tasks !== undefined) result[handler] = tasks.map((task) => taskWithAbsolutePaths(task, absolute));
  }
  return result;
}

export function stepsWithAbsolutePaths(steps: StepFile[], folder: string, userHome: string): StepFile[] {
  const absolute = (path: string) => absolutePath(path, folder, userHome);
  return steps.map((step) =>
    'tasks' in step
      ? { ...step, tasks: step.tasks?.map((task) => taskWithAbsolutePaths(task, absolute)) }
      : taskWithAbsolutePaths(step, absolute),
  );
}

function taskWithAbsolutePaths(task: TaskFile, absolute: (path: string) => string): TaskFile {
  const { build, volumes } = task;
  const result = { ...task };
  if (volumes !== undefined) result.volumes = volumes.map((volume) => volumeWithAbsoluteSource(volume, absolute));
  if (typeof build === 'string') result.build = absolute(build);
  else if (build?.context !== undefined) result.build = { ...build, context: absolute(build.context) };
  return result;
}

function volumeWithAbsoluteSource(volume: string, absolute: (path: string) => string): string {
  const drive = /^[A-Za-z]:(?=[\\/])/.exec(volume)?.[0] ?? '';
  const end = volume.indexOf(':', drive.length);
  const source = volume.slice(0, end);
  // A source without a path's beginning is the name of a volume.
  return /^[.~]/.test(source) ? absolute(source) + volume.slice(end) : volume;
}

function absolutePath(path: string, folder: string, userHome: string): string {
  if (path === '~') return userHome;
  if (/^~[/\\]/.test(path)) return join(userHome, path.slice(2));
  return isAbsolute(path) ? path : resolve(folder, path);
}

// Whether a key is in the file is what the checks look at. What is valid has none without a value.
function withoutUndefined(job: JobFile): JobFile {
  if (Object.values(job).every((value) => value !== undefined)) return { ...job };
  return Object.fromEntries(Object.entries(job).filter(([, value]) => value !== undefined)) as JobFile;
}
