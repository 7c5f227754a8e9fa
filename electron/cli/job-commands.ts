import type { Command } from 'commander';
import { EXIT, type Context, type MakeContext } from './context.ts';
import { formatMoment } from './format.ts';
import type { CheckedJob } from './check-jobs.ts';

/** `validate` and `list`: what the job files say, with or without a running Nightjar. */
export function addJobCommands(program: Command, context: MakeContext): void {
  program
    .command('validate')
    .summary('check job files; exits with 1 on errors, not on warnings')
    .argument('[file...]', 'job files; without any all of the jobs home')
    .action((files: string[]) => validate(context(), files));
  program
    .command('list')
    .summary('list the jobs, when they are due next, and their problems')
    .action(() => list(context()));
}

async function validate(context: Context, files: readonly string[]): Promise<void> {
  const { out, places } = context;
  const { checkFile, checkHome, formatProblem } = await import('./check-jobs.ts');
  const workingFolder = process.cwd();
  const checked =
    files.length === 0
      ? await checkHome(places.jobsHome, workingFolder)
      : await Promise.all(files.map((file) => checkFile(file, places.jobsHome, workingFolder)));
  const problems = checked.flatMap((one) => one.problems);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) process.exitCode = EXIT.failed;
  if (out.isJson) return out.json(problems);
  for (const problem of problems) {
    await out.line(out.paint(formatProblem(problem), problem.severity === 'error' ? 'red' : 'yellow'));
  }
  const count = checked.length === 1 ? '1 file' : `${checked.length} files`;
  await out.line(`${count}: ${problemWords(problems) || 'no problems'}.`);
}

async function list(context: Context): Promise<void> {
  const { out, places } = context;
  const { checkHome, formatProblem } = await import('./check-jobs.ts');
  const { describeJob } = await import('./describe-job.ts');
  const checked = await checkHome(places.jobsHome, process.cwd());
  const now = Date.now();
  const jobs = checked.filter(({ id }) => id !== null).map((one) => describeJob(one, now));
  if (out.isJson) return out.json(jobs);
  const columns = [
    { title: 'JOB', isCut: true },
    { title: 'SCHEDULE', isCut: true },
    { title: 'NEXT' },
    { title: 'PROBLEMS' },
  ];
  const rows = jobs.map((job) => [
    job.id,
    [[...job.schedules.map(({ words }) => words), ...job.after].join('; ') || 'by hand', ...job.startRules].join(', '),
    job.isPaused ? 'paused' : formatMoment(job.nextDueAt, now),
    problemWords(job.problems),
  ]);
  await out.table(columns, rows, `There is no job in ${places.jobsHome}.`);
  const problems = checked.flatMap((one) => one.problems);
  if (problems.length === 0) return;
  await out.line(`\n${problems.map(formatProblem).join('\n')}`);
}

function problemWords(problems: CheckedJob['problems']): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const words = [];
  if (errors > 0) words.push(errors === 1 ? '1 error' : `${errors} errors`);
  if (warnings > 0) words.push(warnings === 1 ? '1 warning' : `${warnings} warnings`);
  return words.join(', ');
}
