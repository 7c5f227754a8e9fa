import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { NO_HOME_SETTINGS, parseJob } from '../../electron/scheduler/job-file/parse.ts';
import { newRunOf } from '../../electron/scheduler/new-run-of.ts';
import { JobQueue } from '../../electron/scheduler/queue/job-queue.ts';
import { bindToJobsHome } from '../../electron/scheduler/store/bound-home.ts';
import { openDatabase } from '../../electron/scheduler/store/open-database.ts';
import { parseSchedule } from '../../electron/scheduler/trigger/cron.ts';

/** Queues manual runs of the jobs in turn, through the scheduler's own queue, in a data folder that nobody serves. */
export function writeWaitingRuns(folder: string, count: number, jobs: readonly string[]): void {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const db = openDatabase(join(data, 'nightjar.db'));
  bindToJobsHome(db, join(folder, 'jobs'));
  const definitions = jobs.map((id) => {
    const file = join(folder, 'jobs', `${id}.yml`);
    const { definition } = parseJob({
      id,
      file,
      text: readFileSync(file, 'utf8'),
      shownAs: `${id}.yml`,
      checkSchedule: (expression, timezone) => parseSchedule(expression, timezone),
      userHome: homedir(),
      home: NO_HOME_SETTINGS,
    });
    if (definition === null) throw new Error(`${id} is not valid.`);
    return definition;
  });
  new JobQueue(db).enqueueAll(
    Array.from({ length: count }, (_, n) => {
      const definition = definitions[n % definitions.length]!;
      return { run: newRunOf(definition, 'manual', null, Date.now(), { n: String(n) }) };
    }),
  );
  db.close();
}
