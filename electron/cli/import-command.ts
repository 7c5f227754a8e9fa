import path from 'node:path';
import type { Command } from 'commander';
import type { Imported } from '../scheduler/import/imported.ts';
import { EXIT, type Context, type MakeContext } from './context.ts';

interface Options {
  readonly to?: string;
  readonly dryRun?: boolean;
}

/** `import crontab | from-compose`: job files out of what another scheduler reads. Exits with 1 where a job was not carried over. */
export function addImportCommands(program: Command, context: MakeContext): void {
  const command = program
    .command('import')
    .summary('write job files from a crontab or from labels of Ofelia')
    .helpCommand(false);
  const withOptions = (sub: Command): Command =>
    sub
      .option('--to <folder>', 'where the job files go (else the jobs home)')
      .option('--dry-run', 'print the job files and write none');
  withOptions(
    command
      .command('crontab')
      .summary('from a crontab: a file, - for standard input, or your own')
      .argument('[file]', 'the crontab; without one `crontab -l`')
      .option('--system', 'its lines have a user, as those of /etc/crontab'),
  ).action(async (file: string | undefined, options: Options & { system?: boolean }) => {
    const { readCrontabJobs } = await import('./import-here.ts');
    await carryOver(context(), await readCrontabJobs(file, options.system === true), options);
  });
  withOptions(
    command
      .command('from-compose')
      .summary('from a Compose file with labels of Ofelia')
      .argument('[file]', 'the Compose file; without one that of this folder'),
  ).action(async (file: string | undefined, options: Options) => {
    const { readComposeJobs } = await import('./import-here.ts');
    await carryOver(context(), await readComposeJobs(file), options);
  });
}

async function carryOver({ out, places }: Context, imported: Imported, { to, dryRun = false }: Options): Promise<void> {
  const { filesOf, writeFiles } = await import('./import-here.ts');
  const { files, notes } = await filesOf(imported, to === undefined ? places.jobsHome : path.resolve(to));
  const all = [...imported.notes, ...notes];
  if (all.some(({ isLost }) => isLost)) process.exitCode = EXIT.failed;
  if (!dryRun) await writeFiles(files);
  if (out.isJson) return out.json({ files, notes: all, isWritten: !dryRun });
  for (const { file, text } of files) {
    await out.line(dryRun ? `--- ${file}\n${text.trimEnd()}\n` : `Wrote ${file}`);
  }
  // Beside the files, so that a pipe has the job files alone.
  for (const { where, text } of all) process.stderr.write(`${where}: ${text}\n`);
  const lost = all.filter(({ isLost }) => isLost).length;
  const jobs = files.length === 1 ? '1 job' : `${files.length} jobs`;
  await out.line(`${jobs} ${dryRun ? 'would be written' : 'written'}, ${lost} not carried over.`);
}
