import { join } from 'node:path';
import type { Command } from 'commander';
import { parseRun, withClient, type Context, type MakeContext } from './context.ts';
import { formatMoment } from './format.ts';

/** `artifacts`: the files that a run left, by their paths on this machine, for whatever a shell does with them. */
export function addArtifactsCommand(program: Command, context: MakeContext): void {
  program
    .command('artifacts')
    .summary('list the files that a run left')
    .argument('<run>', 'id of the run, or job#12')
    .action((run: string) => artifacts(context(), parseRun(run)));
}

async function artifacts(context: Context, run: number | string): Promise<void> {
  const { out } = context;
  const { files, folder } = await withClient(context, (client) => client.call('artifacts.list', { run }));
  const found = files.map(({ path, bytes, at }) => ({ file: join(folder, path), bytes, at }));
  if (out.isJson) return out.json(found);
  const now = Date.now();
  const columns = [{ title: 'BYTES', isRight: true }, { title: 'WRITTEN' }, { title: 'FILE' }];
  const rows = found.map(({ file, bytes, at }) => [String(bytes), formatMoment(at, now), file]);
  await out.table(columns, rows, 'This run has left no artifacts.');
}
