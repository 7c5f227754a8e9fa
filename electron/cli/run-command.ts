import type { Command } from 'commander';
import { collect, parsePairs, type Context, type MakeContext } from './context.ts';
import { onStop } from './stop-signals.ts';

/** What `nightjar run` asks for: one run, now, in this process. */
export interface RunRequest extends Context {
  /** A job's id or pipeline_name, or the path of a job file. */
  readonly target: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Aborted by Ctrl-C: cancel, and resolve when everything has ended. A second Ctrl-C is not waited for. */
  readonly signal: AbortSignal;
}

/** Resolves with the exit code: 0 where the run succeeded, else 1. */
export type RunHere = (request: RunRequest) => Promise<number>;

export function addRunCommand(program: Command, context: MakeContext, runHere: RunHere): void {
  program
    .command('run')
    .summary('run a job now, in this process, and exit with its outcome')
    .argument('<job>', 'id of the job, its pipeline_name, or a job file')
    .option('--var <name=value>', 'a param of the job, or a variable for every task; may be repeated', collect, [])
    .action(async (target: string, options: { var: string[] }) => {
      const variables = parsePairs(options.var, '--var');
      const cancelling = new AbortController();
      const forget = onStop((time) => (time === 1 ? cancelling.abort() : process.exit(1)));
      try {
        process.exitCode = await runHere({ ...context(), target, variables, signal: cancelling.signal });
      } finally {
        forget();
      }
    });
}
