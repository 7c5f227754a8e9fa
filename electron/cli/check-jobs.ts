import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { Failure, messageOf } from '../scheduler/failure.ts';
import type { JobDefinition, Problem } from '../scheduler/job-file/definition.ts';
import { HOME_FILE } from '../scheduler/job-file/home-reader.ts';
import { JobsHome } from '../scheduler/job-file/jobs-home.ts';
import { NO_HOME_SETTINGS, parseHome, parseJob } from '../scheduler/job-file/parse.ts';
import { parseSchedule } from '../scheduler/trigger/cron.ts';

export { formatProblem } from '../scheduler/job-file/parse.ts';

/** A file of a jobs home and what is to be said about it; `id` is null where it is no job (nightjar.yml). */
export interface CheckedJob {
  readonly id: string | null;
  /** As a person in the working folder would name it. */
  readonly file: string;
  readonly definition: JobDefinition | null;
  readonly problems: readonly Problem[];
}

/** Every file of the home. Fails with `no-home` where there is none. */
export async function checkHome(jobsHome: string, workingFolder: string): Promise<CheckedJob[]> {
  const isFolder = await stat(jobsHome).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new Failure(
      'no-home',
      `There is no folder ${jobsHome} to read jobs from; make it, or name another with --home.`,
    );
  }
  const bugs: unknown[] = [];
  const onBug = (error: unknown) => void bugs.push(error);
  const home = new JobsHome({ folder: jobsHome, checkSchedule: parseSchedule, onChange: () => {}, onBug });
  try {
    await home.start();
    if (bugs.length > 0) throw bugs[0];
    const shown = (file: string) => shownAs(path.join(jobsHome, file), workingFolder);
    const named = (problem: Problem) => ({ ...problem, file: shown(problem.file) });
    const jobs = home.jobs().map(({ id, file, isCurrent, definition, problems }) => ({
      id,
      file: shown(file),
      definition: isCurrent ? definition : null,
      problems: problems.map(named),
    }));
    const { problems } = home.home;
    if (problems.length === 0) return jobs;
    return [...jobs, { id: null, file: shown(HOME_FILE), definition: null, problems: problems.map(named) }];
  } finally {
    await home.close();
  }
}

/** One file. It may be outside the jobs home; then its own folder is its home. Fails with `not-readable`. */
export async function checkFile(file: string, jobsHome: string, workingFolder: string): Promise<CheckedJob> {
  const full = path.resolve(workingFolder, file);
  const below = path.relative(jobsHome, full);
  const isInside = !below.startsWith('..') && !path.isAbsolute(below);
  const home = isInside ? jobsHome : path.dirname(full);
  const id = path
    .relative(home, full)
    .replace(/\.ya?ml$/, '')
    .split(path.sep)
    .join('/');
  const text = await read(full);
  const options = { text, file: full, shownAs: file, checkSchedule: parseSchedule, userHome: homedir() };
  if (path.basename(full) === HOME_FILE)
    return { id: null, file, definition: null, problems: parseHome(options).problems };

  const homeFile = path.join(home, HOME_FILE);
  const homeText = await readFile(homeFile, 'utf8').catch(() => null);
  const settings =
    homeText === null ? null : parseHome({ ...options, text: homeText, file: homeFile, shownAs: homeFile }).settings;
  return { id, file, ...parseJob({ ...options, id, home: settings ?? NO_HOME_SETTINGS }) };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    const isMissing = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    const message = isMissing ? `There is no file ${file}.` : `${file} cannot be read: ${messageOf(thrown)}.`;
    throw new Failure('not-readable', message, { cause: thrown });
  }
}

/** Relative where it lies below the working folder, so that an editor's terminal opens it. */
function shownAs(file: string, workingFolder: string): string {
  const below = path.relative(workingFolder, file);
  return below.startsWith('..') || path.isAbsolute(below) ? file : below;
}
