import type { Command } from 'commander';
import type { Engine, Status } from '../api/api.ts';
import { withClient, type Context, type MakeContext } from './context.ts';
import { formatDuration, formatMoment } from './format.ts';

/** `status`: one look at the Nightjar that serves the data folder. */
export function addStatusCommand(program: Command, context: MakeContext): void {
  program
    .command('status')
    .summary('show how the running Nightjar is')
    .action(() => showStatus(context()));
}

async function showStatus(context: Context): Promise<void> {
  const { out } = context;
  const status = await withClient(context, (client) => client.call('status', {}));
  if (out.isJson) return out.json(status);
  const rows = linesOf(status);
  const width = Math.max(...rows.map(([name]) => name.length));
  await out.line(rows.map(([name, text]) => `${out.paint(name.padEnd(width), 'dim')}  ${text}`).join('\n'));
}

function linesOf(status: Status): [name: string, text: string][] {
  const { now, pause } = status;
  const lines: [string, string][] = [
    ['Nightjar', `${status.version}, ${status.host}, pid ${status.pid}, up ${formatDuration(now - status.startedAt)}`],
    ['Jobs', `${status.jobs} in ${status.jobsHome}${status.problems === 0 ? '' : `, ${status.problems} problems`}`],
    ['Data', status.dataFolder],
    ['Time zone', status.timezone],
    ['Running', `${status.running} of ${status.maxParallelRuns} runs; ${status.maxParallelTasks} tasks at most`],
    ['Queued', String(status.queued)],
    ['Engine', engineWords(status.engine)],
    ...status.engines.map((engine): [string, string] => [`Engine ${engine.context}`, engineWords(engine)]),
  ];
  if (pause !== null) {
    const end = pause.untilAt === null ? 'until `nightjar resume`' : `until ${formatMoment(pause.untilAt, now)}`;
    lines.push(['Paused', `all jobs, since ${formatMoment(pause.sinceAt, now)}, ${end}`]);
  }
  if (status.dispatchStopped !== null) lines.push(['Stopped', status.dispatchStopped]);
  if (status.isDraining) lines.push(['Draining', 'finishes its runs and ends']);
  if (status.olderRuns > 0)
    lines.push([
      'Older',
      `an older Nightjar still finishes ${status.olderRuns} ${status.olderRuns === 1 ? 'run' : 'runs'}`,
    ]);
  return lines;
}

function engineWords(engine: Engine): string {
  const where =
    engine.host === null ? '' : ` at ${engine.host}${engine.foundBy === null ? '' : ` (${engine.foundBy})`}`;
  switch (engine.state) {
    case 'unknown':
      return 'not asked yet: no job has needed one';
    case 'available':
      return `Docker ${engine.version ?? ''}${where}`;
    case 'unavailable':
      return `none answers${where}${engine.error === null ? '' : `: ${engine.error}`}`;
    default:
      return engine.state satisfies never;
  }
}
