import type { Client } from '../api/client.ts';
import { RUN_STATES } from '../api/words.ts';
import { Failure } from '../scheduler/failure.ts';
import type { Output } from './output.ts';
import type { Places } from './places.ts';

/** What every command has: where things are, and where its answer goes. Made when a command is chosen, not before. */
export interface Context {
  readonly out: Output;
  readonly places: Places;
}

export type MakeContext = () => Context;

/** Exit codes, the same for every command. */
export const EXIT = { success: 0, failed: 1, usage: 2, noAnswer: 3 } as const;

/** The command line itself is wrong: exit code 2. */
export function usageFailure(message: string): Failure {
  return new Failure('usage', message);
}

/** Does something with the Nightjar that serves the data folder; fails with `not-running` where none does. */
export async function withClient<T>(context: Context, use: (client: Client) => Promise<T>): Promise<T> {
  const { openClient } = await import('../host/web-socket-client.ts');
  const client = await openClient({ dataFolder: context.places.dataFolder });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** How commands that only look at a run describe their RUN. */
export const RUN_TO_LOOK_AT = 'id of the run, or job#12; of a job its newest run';

/** A RUN of the command line: a run's id, or `job#12`. */
export function parseRun(text: string): number | string {
  const run = asRun(text);
  if (run !== undefined) return run;
  throw usageFailure(`\`${text}\` names no run; write its id as \`12\`, or \`job#12\`. \`nightjar runs\` lists them.`);
}

/**
 * As `parseRun`, or a job, of which it is the newest run that has begun; with `mayWait` one that waits, too. Fails with `no-such-run`.
 */
export async function findRun(client: Client, text: string, { mayWait = false } = {}): Promise<number | string> {
  const run = asRun(text);
  if (run !== undefined) return run;
  const states = RUN_STATES.filter((state) => state !== 'skipped' && (mayWait || state !== 'queued'));
  const { runs } = await client.call('runs.list', { job: text, states, limit: 1 });
  const [newest] = runs;
  if (newest !== undefined) return newest.id;
  throw new Failure(
    'no-such-run',
    `No run of \`${text}\` has begun. \`nightjar list\` has the jobs, and \`nightjar next JOB\` runs one.`,
  );
}

function asRun(text: string): number | string | undefined {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  return /^.+#[1-9]\d*$/.test(text) ? text : undefined;
}

/** `--name K=V` options: all of them, by key. */
export function parsePairs(pairs: readonly string[], option: string): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw usageFailure(`\`${option} ${pair}\` is no pair; write \`${option} NAME=VALUE\`.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** For options that may come several times. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
