import { stat } from 'node:fs/promises';
import path from 'node:path';
import { openBugLog } from '../bug-log.ts';
import { systemClock } from '../scheduler/clock.ts';
import { loginEnvironment } from '../scheduler/executor/login-shell.ts';
import { Failure } from '../scheduler/failure.ts';
import type { JobDefinition } from '../scheduler/job-file/definition.ts';
import { followLog } from '../scheduler/log/follow-log.ts';
import { missingEnvironment } from '../scheduler/run/environment.ts';
import { accountSecrets } from '../scheduler/secrets/account-secrets.ts';
import { createScheduler, type Scheduler } from '../scheduler/scheduler.ts';
import { checkFile, formatProblem } from './check-jobs.ts';
import { EXIT } from './context.ts';
import { formatDuration, runName, styleOf } from './format.ts';
import { LogLines } from './log-lines.ts';
import type { RunRequest } from './run-command.ts';
import { splitVars } from './var-options.ts';

/** `nightjar run`: one run, now, in this process, beside whoever schedules; its log as it comes and its outcome as the exit code. */
export async function runHere(request: RunRequest, version: string): Promise<number> {
  const { places, out } = request;
  const scheduler = createScheduler({
    jobsHome: places.jobsHome,
    dataFolder: places.dataFolder,
    version,
    host: 'cli',
    isScheduling: false,
    onBug: openBugLog(places.dataFolder),
  });
  try {
    await scheduler.start();
    const found = await definitionOf(request, scheduler);
    if (found === undefined) return EXIT.failed;
    const missing = missingEnvironment(found, { ...(await loginEnvironment()), ...process.env });
    if (missing.length > 0) {
      throw new Failure(
        'missing-environment',
        `${found.id} requires what is not set here: ${missing.join(', ')}. Set it in your shell's profile, or before the command.`,
      );
    }
    // What is missing is said before there is a run.
    await accountSecrets().read(found.secrets);
    if (request.signal.aborted) return EXIT.failed;
    const { params, variables } = splitVars(found, request.variables);
    const definition = { ...found, variables: { ...found.variables, ...variables } };
    const run = await execute(scheduler, definition, params, request);
    const took = formatDuration((run.endedAt ?? 0) - (run.startedAt ?? run.endedAt ?? 0));
    const how = run.reason === null ? run.state : `${run.state}: ${run.reason.replace(/\.$/, '')}`;
    process.stderr.write(`${runName(run)} ${out.paint(how, styleOf(run.state))}, ${took}\n`);
    return run.state === 'succeeded' ? EXIT.success : EXIT.failed;
  } finally {
    await scheduler.close('stop');
  }
}

async function execute(
  scheduler: Scheduler,
  definition: JobDefinition,
  params: Readonly<Record<string, string>>,
  { out, signal }: RunRequest,
) {
  const { id } = scheduler.runNow(definition, params);
  const cancel = (): void => {
    try {
      scheduler.runs.cancel(id);
    } catch (error) {
      // It ended by itself in the same moment.
      if (!(error instanceof Failure && error.code === 'not-active')) throw error;
    }
  };
  signal.addEventListener('abort', cancel);
  const lines = new LogLines(out);
  const follower = followLog(scheduler.logs.reader(id), {
    clock: systemClock,
    selection: {},
    from: 0,
    onLines: (page) => {
      lines.setTasks(scheduler.runs.get(id).tasks);
      return lines.write(page);
    },
  });
  try {
    return await scheduler.ended(id);
  } finally {
    signal.removeEventListener('abort', cancel);
    await follower.finish();
  }
}

/** A job of the home by id or name, or any job file by its path. Undefined where it has problems, which were said. */
async function definitionOf({ target, places }: RunRequest, scheduler: Scheduler): Promise<JobDefinition | undefined> {
  const isFile = /\.ya?ml$/i.test(target) && (await stat(path.resolve(target)).catch(() => null))?.isFile() === true;
  if (!isFile) {
    const { definition, problems, file } = scheduler.jobs.get(target);
    if (definition === null) complain(problems.map((problem) => ({ ...problem, file })));
    return definition ?? undefined;
  }
  const { definition, problems, id } = await checkFile(target, places.jobsHome, process.cwd());
  if (id === null) throw new Failure('not-a-job', `${target} has the defaults of all jobs in it and is no job itself.`);
  complain(problems);
  return definition ?? undefined;
}

function complain(
  problems: Parameters<typeof formatProblem>[0][] | readonly Parameters<typeof formatProblem>[0][],
): void {
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
}
