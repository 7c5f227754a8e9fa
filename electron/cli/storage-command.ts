import type { Command } from 'commander';
import type { JobStorage } from '../api/api.ts';
import { sizeInWords } from '../scheduler/size-words.ts';
import { withClient, type Context, type MakeContext } from './context.ts';

const COLUMNS = [
  { title: 'JOB', isCut: true },
  { title: 'RUNS', isRight: true },
  { title: 'KEPT' },
  { title: 'DISK', isRight: true },
  { title: 'KEPT' },
  { title: 'LOGS', isRight: true },
  { title: 'ARTIFACTS', isRight: true },
];

/** `storage`: who takes how much of the disk, largest first. */
export function addStorageCommand(program: Command, context: MakeContext): void {
  program
    .command('storage')
    .summary('show what runs leave on the disk, job by job')
    .option('--clean-up', 'first remove what `keep` of the jobs no longer holds')
    .action(({ cleanUp = false }: { cleanUp?: boolean }) => showStorage(context(), cleanUp));
}

async function showStorage(context: Context, isCleaning: boolean): Promise<void> {
  const { out } = context;
  const storage = await withClient(context, async (client) => {
    if (isCleaning) await client.call('storage.cleanUp', {});
    return client.call('storage.list', {});
  });
  if (out.isJson) return out.json(storage);
  const { jobs, databaseBytes, repoBytes, freed, disk } = storage;
  await out.table(COLUMNS, jobs.map(cellsOf), 'No run has left anything.');
  await out.line(
    `Database ${sizeInWords(databaseBytes)}, git copies ${sizeInWords(repoBytes)}; ${sizeInWords(disk.freeBytes)} are free. ` +
      `Freed in the last 24 hours: ${sizeInWords(freed.bytes)}, ${freed.runs} ${freed.runs === 1 ? 'run' : 'runs'}.`,
  );
}

function cellsOf({ job, runs, keep, bytes, logBytes, artifactBytes }: JobStorage): string[] {
  const [disk, most, logs, artifacts] = [bytes, keep.bytes, logBytes, artifactBytes].map(sizeInWords);
  return [job, String(runs), `of ${keep.runs}`, disk!, `of ${most}`, logs!, artifacts!];
}
