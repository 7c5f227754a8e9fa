import type { Command } from 'commander';
import type { Run } from '../api/api.ts';
import { RUN_STATES, type RunState } from '../api/words.ts';
import { collect, usageFailure, withClient, type Context, type MakeContext } from './context.ts';
import { formatDuration, formatMoment, runName, styleOf, triggerWords } from './format.ts';

const DEFAULT_LIMIT = '20';
// As much as the API gives at once.
const PAGE = 1_000;

interface Options {
  readonly job?: string;
  readonly state: readonly string[];
  readonly limit: string;
}

/** `runs`: the history, newest first. */
export function addRunsCommand(program: Command, context: MakeContext): void {
  program
    .command('runs')
    .summary('list runs, newest first')
    .option('--job <job>', 'of one job only: its id, or its pipeline_name')
    .option('--state <state>', `in this state only: ${RUN_STATES.join(', ')}; may be repeated`, collect, [])
    .option('--limit <number>', 'so many at most', DEFAULT_LIMIT)
    .action((options: Options) => runs(context(), options));
}

async function runs(context: Context, options: Options): Promise<void> {
  const { out } = context;
  const states = options.state.map(parseState);
  if (!/^[1-9]\d{0,8}$/.test(options.limit)) {
    throw usageFailure(`\`--limit ${options.limit}\` is no number of runs; write \`--limit 50\`.`);
  }
  const limit = Number(options.limit);
  const found: Run[] = [];
  await withClient(context, async (client) => {
    for (let hasMore = true; hasMore && found.length < limit;) {
      const page = await client.call('runs.list', {
        job: options.job,
        states: states.length === 0 ? undefined : states,
        beforeId: found.at(-1)?.id,
        limit: Math.min(PAGE, limit - found.length),
      });
      found.push(...page.runs);
      hasMore = page.hasMore && page.runs.length > 0;
    }
  });
  if (out.isJson) return out.json(found);
  const now = Date.now();
  const columns = [
    { title: 'ID', isRight: true },
    { title: 'RUN', isCut: true },
    { title: 'STATE' },
    { title: 'TRIGGER' },
    { title: 'STARTED' },
    { title: 'TOOK', isRight: true },
    { title: 'EXIT', isRight: true },
    { title: 'WHY', isCut: true },
  ];
  const rows = found.map((run) => [
    String(run.id),
    runName(run),
    { text: run.skipped === null ? run.state : `${run.state} ×${run.skipped.count}`, style: styleOf(run.state) },
    triggerWords(run),
    formatMoment(run.startedAt ?? run.skipped?.lastAt ?? run.dueAt ?? run.queuedAt, now),
    run.startedAt === null ? '' : formatDuration((run.endedAt ?? now) - run.startedAt),
    run.exitCode === null ? '' : String(run.exitCode),
    [run.reason, run.error].filter((said) => said !== null).join(': '),
  ]);
  await out.table(columns, rows, 'There is no such run.');
}

function parseState(text: string): RunState {
  const state = RUN_STATES.find((known) => known === text);
  if (state === undefined)
    throw usageFailure(`\`--state ${text}\` is no state; write one of ${RUN_STATES.join(', ')}.`);
  return state;
}
