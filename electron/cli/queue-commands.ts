import type { Command } from 'commander';
import type { Output as Answer } from '../api/api.ts';
import type { Client } from '../api/client.ts';
import { parseDuration } from '../scheduler/job-file/quantity.ts';
import { collect, parsePairs, parseRun, usageFailure, withClient, type Context, type MakeContext } from './context.ts';
import { formatDuration, formatMoment, runName, styleOf, triggerWords } from './format.ts';
import type { Cell } from './table.ts';

/** `next`, `queue`, `cancel`, `pause`, `resume`: what moves the queue of a running Nightjar. */
export function addQueueCommands(program: Command, context: MakeContext): void {
  program
    .command('next')
    .summary('run a job next: its run goes to the top of the queue')
    .argument('<job>', 'id of the job, or its pipeline_name')
    .option('--var <name=value>', 'a param of the job; may be repeated', collect, [])
    .action((job: string, options: { var: string[] }) => next(context(), job, options.var));
  program
    .command('queue')
    .summary('list what runs and what waits, and why')
    .action(() => queue(context()));
  program
    .command('cancel')
    .summary('cancel a run that waits or runs')
    .argument('<run>', 'id of the run, or job#12')
    .action((run: string) => cancel(context(), run));
  program
    .command('pause')
    .summary('pause all jobs, or one')
    .argument('[job]', 'id of the job, or its pipeline_name')
    .option('--for <duration>', 'for how long: 90s, 10m, 1h, 2d')
    .action((job: string | undefined, options: { for?: string }) => pause(context(), job, options.for));
  program
    .command('resume')
    .summary('end the pause of all jobs, or of one')
    .argument('[job]', 'id of the job, or its pipeline_name')
    .action((job: string | undefined) => resume(context(), job));
}

async function next(context: Context, job: string, pairs: readonly string[]): Promise<void> {
  const { out } = context;
  const params = parsePairs(pairs, '--var');
  const run = await withClient(context, (client) => client.call('queue.next', { job, params }));
  if (out.isJson) return out.json(run);
  await out.line(`${runName(run)} is next in the queue; its id is ${run.id}.`);
}

async function queue(context: Context): Promise<void> {
  const { out } = context;
  const { running, waiting } = await withClient(context, wholeQueue);
  if (out.isJson) return out.json([...running, ...waiting]);
  const now = Date.now();
  const rows = [
    ...running.map((run) => rowOf(run, now, `for ${formatDuration(now - (run.startedAt ?? now))}`)),
    ...waiting.map((run) => rowOf(run, now, run.reason ?? '')),
  ];
  const columns = [
    { title: 'ID', isRight: true },
    { title: 'RUN', isCut: true },
    { title: 'STATE' },
    { title: 'TRIGGER' },
    { title: 'QUEUED' },
    { title: 'WHY', isCut: true },
  ];
  await out.table(columns, rows, 'Nothing runs and nothing waits.');
}

/** Page by page: a run that was moved in between may come twice, and is where it came last. */
async function wholeQueue(client: Client): Promise<Pick<Answer<'queue.get'>, 'running' | 'waiting'>> {
  const first = await client.call('queue.get', {});
  const waiting = new Map(first.waiting.map((run) => [run.id, run]));
  for (let behind = first.next; behind !== null;) {
    const page = await client.call('queue.get', { after: behind });
    for (const run of page.waiting) {
      waiting.delete(run.id);
      waiting.set(run.id, run);
    }
    behind = page.next;
  }
  return { running: first.running, waiting: [...waiting.values()] };
}

type Queued = Answer<'queue.get'>['waiting'][number] | Answer<'queue.get'>['running'][number];

function rowOf(run: Queued, now: number, why: string): Cell[] {
  const state = { text: run.state, style: styleOf(run.state) };
  return [String(run.id), runName(run), state, triggerWords(run), formatMoment(run.queuedAt, now), why];
}

async function cancel(context: Context, text: string): Promise<void> {
  const { out } = context;
  const ref = parseRun(text);
  const run = await withClient(context, (client) => client.call('runs.cancel', { run: ref }));
  if (out.isJson) return out.json(run);
  await out.line(`${runName(run)} ${run.state === 'running' ? 'is being cancelled' : `is ${run.state}`}.`);
}

async function pause(context: Context, job: string | undefined, length: string | undefined): Promise<void> {
  const { out } = context;
  const ms = length === undefined ? null : parseDuration(length);
  if (length !== undefined && (ms === null || ms === 0)) {
    throw usageFailure(`\`--for ${length}\` is no duration; write \`90s\`, \`10m\`, \`1h\` or \`2d\`.`);
  }
  const untilAt = ms === null ? null : Date.now() + ms;
  await withClient(context, (client) => client.call('queue.pause', { job, untilAt }));
  if (out.isJson) return out.json({ job: job ?? null, untilAt });
  const end = untilAt === null ? 'until `nightjar resume`' : `until ${formatMoment(untilAt, Date.now())}`;
  await out.line(`${job === undefined ? 'All jobs are' : `${job} is`} paused ${end}; what runs goes on.`);
}

async function resume(context: Context, job: string | undefined): Promise<void> {
  const { out } = context;
  await withClient(context, (client) => client.call('queue.resume', { job }));
  if (out.isJson) return out.json({ job: job ?? null });
  await out.line(`The pause of ${job ?? 'all jobs'} is over.`);
}
