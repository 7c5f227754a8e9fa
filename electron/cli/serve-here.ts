import { startHeadless } from '../headless.ts';
import { loginEnvironment } from '../scheduler/executor/login-shell.ts';
import type { JobDefinition } from '../scheduler/job-file/definition.ts';
import { missingEnvironment } from '../scheduler/run/environment.ts';
import { checkHome } from './check-jobs.ts';
import { EXIT } from './context.ts';
import type { ServeRequest } from './serve-command.ts';

/** `nightjar serve`: the scheduler in this process until a signal, or until a newer one has taken over and the runs are done. */
export async function serveHere(request: ServeRequest, program: { version: string; folder: string }): Promise<number> {
  const { out, places, port } = request;
  if (request.requiresEnvironment) {
    const missing = await missingNow(places.jobsHome);
    if (missing.length > 0) {
      process.stderr.write(
        `Not started, because --require-env is given and these are not set: ${missing.join(', ')}.\n`,
      );
      return EXIT.failed;
    }
  }
  const headless = await startHeadless({ ...places, port, version: program.version, programFolder: program.folder });
  const { scheduler } = headless;
  const jobs = scheduler.jobs.list();
  const count = jobs.length === 1 ? '1 job' : `${jobs.length} jobs`;
  await out.line(`Nightjar ${program.version} runs ${count} of ${places.jobsHome}; open ${headless.address}`);
  const missing = new Set(jobs.flatMap((job) => job.missingEnvironment));
  if (missing.size > 0) {
    await out.line(
      `Not set: ${[...missing].join(', ')}. The runs that need them wait; \`nightjar doctor\` names their jobs.`,
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
    request.drain.addEventListener('abort', () => {
      say(`Stopping.${finishing()}${finishing() === '' ? '' : ' The same signal again stops them.'}`);
      close('drain');
    });
    request.stop.addEventListener('abort', () => close('stop'));
    const handOver = async (): Promise<void> => {
      await scheduler.superseded;
      say(`A newer Nightjar has taken over.${finishing()}`);
      close('drain');
    };
    void handOver();
  });
}

async function missingNow(jobsHome: string): Promise<string[]> {
  const checked = await checkHome(jobsHome, process.cwd());
  const host = { ...(await loginEnvironment()), ...process.env };
  const definitions = checked.flatMap(({ definition }): JobDefinition[] => (definition === null ? [] : [definition]));
  return [...new Set(definitions.flatMap((definition) => missingEnvironment(definition, host)))].sort();
}
