import { basename, posix } from 'node:path';
import { didYouMean } from './closest.ts';
import type { ExecutorName } from './definition.ts';
import { labelOf } from './explain.ts';
import { combinationsOf, MAX_COMBINATIONS, nameOfCombination } from './matrix.ts';
import { mistakeIn } from './param-values.ts';
import { isGitUrl, whyRefused } from './git-url.ts';
import type { Path } from './places.ts';
import type { ProblemList } from './read-yaml.ts';
import type { JobFile, StepFile } from './schema.ts';
import type { TaskFile } from './task-schema.ts';

/**
 * Judges a cron expression and says in a sentence what is wrong with it. Handed in, because how schedules are read is the next
 * stage's business.
 */
export type CheckSchedule = (expression: string, timezone: string | null) => ScheduleVerdict;
export type ScheduleVerdict = { readonly ok: true } | { readonly ok: false; readonly message: string };

const HANDLERS = ['on_success', 'on_failure', 'on_cancel', 'always'] as const;

// A process is not fenced in, and a pipeline elsewhere is not ours to shape.
const OF_CONTAINERS: readonly (keyof TaskFile)[] = [
  'entrypoint',
  'user',
  'volumes',
  'network',
  'cpus',
  'memory',
  'pull',
  'engine',
];
const NOT_ELSEWHERE = [...OF_CONTAINERS, 'command', 'workdir', 'stop_signal', 'stop_timeout'] as const;
const NEEDS: Record<ExecutorName, readonly (keyof TaskFile)[]> = {
  docker: ['image', 'build'],
  process: ['command'],
  gitlab: ['gitlab'],
  github: ['github'],
};
const WITHOUT_EFFECT: Record<ExecutorName, readonly (keyof TaskFile)[]> = {
  docker: [],
  process: OF_CONTAINERS,
  gitlab: NOT_ELSEWHERE,
  github: NOT_ELSEWHERE,
};

/**
 * The rules that span several keys, or that no schema can say. Looks at what is valid of a file: `job` may lack keys that have
 * a Problem already (the key is there then, without a value), and its lists may have holes.
 */
export function checkJob(
  job: JobFile,
  path: Path,
  problems: ProblemList,
  context: { checkSchedule: CheckSchedule; timezone: string | null },
): void {
  const hasZone = job.timezone === undefined || checkTimezone(job.timezone, [...path, 'timezone'], problems);
  const schedules = typeof job.scheduler === 'string' ? [job.scheduler] : (job.scheduler ?? []);
  schedules.forEach((expression, index) => {
    const at = [...path, 'scheduler', ...(typeof job.scheduler === 'string' ? [] : [index])];
    const verdict = context.checkSchedule(expression.trim(), hasZone ? context.timezone : null);
    if (!verdict.ok) problems.add(at, `${labelOf(at)}: ${verdict.message}`);
  });
  const refusal = job.repo === undefined ? null : whyRefused(job.repo);
  if (refusal !== null) problems.add([...path, 'repo'], `${labelOf([...path, 'repo'])} ${refusal}`);
  for (const [name, param] of Object.entries(job.params ?? {})) {
    checkParam(name, param, [...path, 'params', name], problems);
  }
  job.not_between?.forEach((hours, index) => {
    const [from, to] = hours.split('-');
    if (from === to) {
      const at = [...path, 'not_between', index];
      problems.add(
        at,
        `${labelOf(at)} begins and ends at ${from}, so it says nothing; end it a minute earlier for a whole day`,
      );
    }
  });
  for (const handler of HANDLERS) checkTasks(job[handler] ?? [], [...path, handler], problems);
  checkSteps(job.steps ?? [], [...path, 'steps'], problems);
}

/** What only shows when nightjar.yml's `defaults` are below the job: `merged` is both, `job` what the file itself says. */
export function checkMerged(
  id: string,
  job: JobFile,
  merged: JobFile,
  problems: ProblemList,
  hasSharedSteps: boolean,
): void {
  const byItself =
    merged.scheduler !== undefined ? 'is scheduled' : merged.after !== undefined ? 'runs after another' : null;
  if (byItself !== null) {
    for (const [name, param] of Object.entries(merged.params ?? {})) {
      if ('default' in param) continue;
      problems.add(['params', name], `\`params.${name}\` needs a \`default\`, because this job ${byItself}`, {
        target: 'key',
      });
    }
  }
  if (job.ref !== undefined && (merged.repo === undefined || !isGitUrl(merged.repo))) {
    problems.add(['ref'], '`ref` is for a `repo` that is a git URL; a folder is used as it is', { target: 'key' });
  }
  job.after?.forEach((entry, index) => {
    const ownNames = [id, merged.pipeline_name ?? basename(id)];
    if (!ownNames.includes(entry.job)) return;
    problems.add(['after', index, 'job'], 'a job cannot run after itself; name another one');
  });
  if (!('steps' in job) && !hasSharedSteps) {
    problems.add([], 'the job has no `steps`, and there are none in nightjar.yml: its runs fail with "no steps"', {
      severity: 'warning',
    });
  }
}

const knownZones = new Map<string, boolean>();

function checkTimezone(timezone: string, path: Path, problems: ProblemList): boolean {
  // Intl also takes offsets such as +02:00, which know no summer.
  let isKnown = /^[A-Za-z]/.test(timezone) ? knownZones.get(timezone) : false;
  if (isKnown === undefined) {
    try {
      new Intl.DateTimeFormat('en', { timeZone: timezone }).format(0);
      isKnown = true;
    } catch {
      // Intl's way to say no.
      isKnown = false;
    }
    // Asking costs a tenth of a millisecond, and ten thousand jobs name a handful of zones. Typing in the editor names many.
    if (knownZones.size > 1_000) knownZones.clear();
    knownZones.set(timezone, isKnown);
  }
  if (isKnown) return true;
  const meant = didYouMean(timezone, [...Intl.supportedValuesOf('timeZone'), 'UTC']);
  problems.add(path, `\`timezone\` must be an IANA time zone such as Europe/Berlin; found \`${timezone}\`${meant}`);
  return false;
}

function checkParam(
  name: string,
  param: NonNullable<JobFile['params']>[string],
  path: Path,
  problems: ProblemList,
): void {
  const type = param.type ?? 'string';
  if (type === 'choice' && !('choices' in param)) {
    problems.add(path, `\`params.${name}\` needs \`choices\`, because its type is choice`, { target: 'key' });
  }
  if (type !== 'choice' && 'choices' in param) {
    problems.add([...path, 'choices'], '`choices` is for a param of `type: choice`', { target: 'key' });
  }
  if (param.default === undefined) return;
  const mistake = mistakeIn(param.default, { type, choices: param.choices ?? [] });
  if (mistake !== null) problems.add([...path, 'default'], `\`default\` ${mistake}`);
}

/** Of a job or of nightjar.yml. */
export function checkSteps(steps: readonly StepFile[], path: Path, problems: ProblemList): void {
  const names = new Map<string, number>();
  steps.forEach((step, index) => {
    const at = [...path, index];
    const name = stepNameOf(step, index);
    if ((HANDLERS as readonly string[]).includes(name)) {
      problems.add([...at, 'name'], `\`${name}\` cannot be the name of a step, because logs call the handlers so`);
    }
    const first = names.get(name);
    if (first !== undefined) {
      problems.add(
        [...at, 'name'],
        `two steps are called \`${name}\`: this and step ${first + 1}; give one another name`,
      );
    } else names.set(name, index);
    if ('tasks' in step) checkTasks(step.tasks ?? [], [...at, 'tasks'], problems);
    else checkTask(step, at, problems);
  });
}

/** The name of a step, given or by its place. */
export function stepNameOf(step: StepFile, index: number): string {
  return step.name ?? `step-${index + 1}`;
}

/** The name of a task in a group or handler, given or by its place. */
export function taskNameOf(task: TaskFile, index: number): string {
  return task.name ?? `task-${index + 1}`;
}

/** The name of a task, or those of all its combinations; of a matrix that has Problems just the one as written. */
function namesOf(task: TaskFile, index: number): string[] {
  const name = taskNameOf(task, index);
  if (task.matrix === undefined) return [name];
  const count = Object.values(task.matrix).reduce((product, values) => product * (values?.length ?? 0), 1);
  if (count === 0 || count > MAX_COMBINATIONS) return [name];
  return combinationsOf(task.matrix).map((values) => nameOfCombination(name, values));
}

function checkTasks(tasks: readonly TaskFile[], path: Path, problems: ProblemList): void {
  const names = new Map<string, number>();
  tasks.forEach((task, index) => {
    const at = [...path, index];
    for (const name of namesOf(task, index)) {
      const first = names.get(name);
      if (first !== undefined && first !== index) {
        problems.add(
          [...at, 'name'],
          `two tasks here are called \`${name}\`: this and task ${first + 1}; give one another name`,
        );
      } else names.set(name, index);
    }
    checkTask(task, at, problems);
  });
}

/** What runs a task: as named, else by the keys it has. */
export function executorOf(task: TaskFile): ExecutorName {
  if (task.executor !== undefined) return task.executor;
  if ('image' in task || 'build' in task) return 'docker';
  if ('gitlab' in task) return 'gitlab';
  return 'github' in task ? 'github' : 'process';
}

function checkTask(task: TaskFile, path: Path, problems: ProblemList): void {
  const executor = executorOf(task);
  for (const key of ['image', 'build', 'gitlab', 'github'] as const) {
    const belongsTo = key === 'image' || key === 'build' ? 'docker' : key;
    if (key in task && belongsTo !== executor) {
      problems.add(
        [...path, key],
        `\`${key}\` is for a task that runs with ${belongsTo}, and this one runs with ${executor}`,
        {
          target: 'key',
        },
      );
    }
  }
  const needs = NEEDS[executor];
  if (!needs.some((key) => key in task)) {
    const message =
      executor === 'process'
        ? 'a task without an image is a process, and a process needs a `command`'
        : `a task that runs with ${executor} needs ${needs.map((key) => `\`${key}\``).join(' or ')}`;
    problems.add(path, message);
  }
  const dockerfile = typeof task.build === 'object' ? task.build.dockerfile : undefined;
  if (dockerfile !== undefined && isOutside(dockerfile)) {
    problems.add(
      [...path, 'build', 'dockerfile'],
      `\`dockerfile\` must be a path within the context, so that the engine gets it; found \`${dockerfile}\``,
    );
  }
  const program = Array.isArray(task.command) ? task.command[0] : task.command;
  if (program !== undefined && program.trim() === '') {
    problems.add([...path, 'command'], '`command` must not be empty');
  }
  for (const key of WITHOUT_EFFECT[executor]) {
    if (task[key] === undefined) continue;
    const what =
      executor === 'process' ? 'a process; give the task an `image`, or take the key out' : 'a pipeline elsewhere';
    problems.add([...path, key], `\`${key}\` has no effect on ${what}`, { target: 'key', severity: 'warning' });
  }
  checkMatrix(task, path, problems);
}

function checkMatrix(task: TaskFile, path: Path, problems: ProblemList): void {
  if (task.matrix === undefined) return;
  const at = [...path, 'matrix'];
  const lists = Object.entries(task.matrix);
  if (lists.length === 0) {
    problems.add(at, '`matrix` must name at least one variable, as in `{ version: [16, 17] }`', { target: 'key' });
  }
  for (const [name, values] of lists) {
    values?.forEach((value, index) => {
      if (values.indexOf(value) === index) return;
      problems.add(
        [...at, name, index],
        `\`${value}\` is in \`matrix.${name}\` twice, which would be the same task twice`,
      );
    });
  }
  const count = lists.reduce((product, [, values]) => product * (values?.length ?? 1), 1);
  if (count > MAX_COMBINATIONS) {
    problems.add(at, `\`matrix\` makes ${count} tasks; at most ${MAX_COMBINATIONS} are allowed`, { target: 'key' });
  }
}

function isOutside(path: string): boolean {
  const normal = posix.normalize(path.replaceAll('\\', '/'));
  return normal === '..' || normal.startsWith('../') || posix.isAbsolute(normal) || /^[A-Za-z]:/.test(normal);
}
