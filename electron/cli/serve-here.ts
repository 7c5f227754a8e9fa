import { startHeadless, type Headless } from '../headless.ts';
import { loginEnvironment } from '../scheduler/executor/login-shell.ts';
import { Failure } from '../scheduler/failure.ts';
import type { JobDefinition } from '../scheduler/job-file/definition.ts';
import { missingEnvironment } from '../scheduler/run/environment.ts';
import { checkHome } from './check-jobs.ts';
import { EXIT } from './context.ts';
import type { ServeRequest } from './serve-command.ts';

/** `nightjar serve`: the scheduler in this process until a signal, or until a newer one has taken over and the runs are done. */
export async function serveHere(request: ServeRequest, program: { version: string; folder: string }): Promise<number> {
  const { out, places } = request;
  if (request.requiresEnvironment) {
    const missing = await missingNow(places.jobsHome);
    if (missing.length > 0) {
      process.stderr.write(
        `Not started, because --require-env is given and these are not set: ${missing.join(', ')}.\n`,
      );
      return EXIT.failed;
    }
  }
  const headless = await started(request, program);
  if (headless === undefined) return EXIT.success;
  const { scheduler } = headless;
  const { length } = scheduler.jobs.entries();
  const count = length === 1 ? '1 job' : `${length} jobs`;
  await out.line(`Nightjar ${program.version} runs ${count} of ${places.jobsHome}; open ${headless.address}`);
  const missing = scheduler.missingEnvironment();
  if (missing.length > 0) {
    await out.line(
      `Not set: ${missing.join(', ')}. The runs that need them wait; \`nightjar doctor\` names their jobs.`,
    );
  }

  return new Promise((resolve, reject) => {
    const close = (mode: 'drain' | 'stop'): void => {
      headless.close(mode).then(() => resolve(EXIT.success), reject);
    };
    const say = (text: string): void => void out.line(text).catch(reject);
    const finishing = (): string => {
      const { running } = scheduler.status();
      return running === 0 ? '' : ` ${running === 1 ? '1 run finishes' : `${running} runs finish`} first.`;
    };
    onAbort(request.drain, () => {
      say(`Stopping.${finishing()}${finishing() === '' ? '' : ' The same signal again stops them.'}`);
      close('drain');
    });
    onAbort(request.stop, () => close('stop'));
    const handOver = async (): Promise<void> => {
      await scheduler.superseded;
      say(`A newer Nightjar has taken over.${finishing()}`);
      close('drain');
    };
    void handOver();
  });
}

/** Undefined where a signal ended it before it had started: it may wait for an older instance. */
async function started(
  { places, port, drain }: ServeRequest,
  program: { version: string; folder: string },
): Promise<Headless | undefined> {
  const { version, folder: programFolder } = program;
  try {
    return await startHeadless({ ...places, port, version, programFolder, signal: drain });
  } catch (error) {
    if (drain.aborted && error instanceof Failure && error.code === 'closed') return undefined;
    throw error;
  }
}

/** Also where it was aborted before anybody listened. */
function onAbort(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) callback();
  else signal.addEventListener('abort', callback);
}

async function missingNow(jobsHome: string): Promise<string[]> {
  const checked = await checkHome(jobsHome, process.cwd());
  const host = { ...(await loginEnvironment()), ...process.env };
  const definitions = checked.flatMap(({ definition }): JobDefinition[] => (definition === null ? [] : [definition]));
  return [...new Set(definitions.flatMap((definition) => missingEnvironment(definition, host)))].sort();
}
