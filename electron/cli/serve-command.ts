import type { Command } from 'commander';
import { usageFailure, type Context, type MakeContext } from './context.ts';
import { onStop } from './stop-signals.ts';

/** What `nightjar serve` asks for. */
export interface ServeRequest extends Context {
  /** 0: any that is free. */
  readonly port: number;
  /** Refuse to start where a variable that a job requires is missing. */
  readonly requiresEnvironment: boolean;
  /** Aborted by the first signal: schedule nothing more, finish what runs, and resolve. */
  readonly drain: AbortSignal;
  /** Aborted by the second: stop what runs, and resolve. */
  readonly stop: AbortSignal;
}

/** Resolves with the exit code when the Nightjar has ended. */
export type Serve = (request: ServeRequest) => Promise<number>;

export function addServeCommand(program: Command, context: MakeContext, serve: Serve): void {
  program
    .command('serve')
    .summary('run the scheduler in the foreground; the other commands and the window talk to it')
    .option('--port <number>', 'port on 127.0.0.1; 0 is any that is free', '0')
    .option('--require-env', 'do not start while a variable that a job requires is missing')
    .action(async (options: { port: string; requireEnv?: boolean }) => {
      if (!/^\d{1,5}$/.test(options.port) || Number(options.port) > 65_535) {
        throw usageFailure(`\`--port ${options.port}\` is no port; write a number from 0 to 65535.`);
      }
      const [drain, stop] = [new AbortController(), new AbortController()];
      const forget = onStop((time) => (time === 1 ? drain : stop).abort());
      try {
        process.exitCode = await serve({
          ...context(),
          port: Number(options.port),
          requiresEnvironment: options.requireEnv === true,
          drain: drain.signal,
          stop: stop.signal,
        });
      } finally {
        forget();
      }
    });
}
