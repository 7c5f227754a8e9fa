import { join } from 'node:path';
import type { Command } from 'commander';
import { findRun, RUN_TO_LOOK_AT, withClient, type Context, type MakeContext } from './context.ts';
import { formatMoment } from './format.ts';

/** `artifacts`: the files that a run left, by their paths on this machine, for whatever a shell does with them. */
export function addArtifactsCommand(program: Command, context: MakeContext): void {
  program
    .command('artifacts')
    .summary('list the files that a run left')
    .argument('<run>', RUN_TO_LOOK_AT)
    .action((run: string) => artifacts(context(), run));
}

async function artifacts(context: Context, named: string): Promise<void> {
  const { out } = context;
  const { files, folder } = await withClient(context, async (client) =>
    client.call('artifacts.list', { run: await findRun(client, named) }),
  );
  const found = files.map(({ path, bytes, at }) => ({ file: join(folder, path), bytes, at }));
  if (out.isJson) return out.json(found);
  const now = Date.now();
  const columns = [{ title: 'BYTES', isRight: true }, { title: 'WRITTEN' }, { title: 'FILE' }];
  const rows = found.map(({ file, bytes, at }) => [String(bytes), formatMoment(at, now), file]);
  await out.table(columns, rows, 'This run has left no artifacts.');
}
