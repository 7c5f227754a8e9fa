import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Trigger } from '../../electron/api/words.ts';
import { NO_HOME_SETTINGS, parseJob } from '../../electron/scheduler/job-file/parse.ts';
import type { JobDefinition } from '../../electron/scheduler/job-file/definition.ts';
import { LogBook } from '../../electron/scheduler/log/log-book.ts';
import { JobQueue } from '../../electron/scheduler/queue/job-queue.ts';
import { bindToJobsHome } from '../../electron/scheduler/store/bound-home.ts';
import { openDatabase } from '../../electron/scheduler/store/open-database.ts';
import { RunStore, type EndState } from '../../electron/scheduler/store/run-store.ts';
import { SkipStore } from '../../electron/scheduler/store/skip-store.ts';
import { TaskRunStore } from '../../electron/scheduler/store/task-run-store.ts';
import { parseSchedule } from '../../electron/scheduler/trigger/cron.ts';
import { FakeClock } from './fake-clock.ts';

/** A run as it is to have been. */
export interface PastRun {
  readonly job: string;
  readonly at: number;
  readonly ms: number;
  readonly trigger?: Trigger;
  readonly state?: EndState;
  readonly reason?: string;
  readonly exitCode?: number;
  /** What the program said of it. */
  readonly error?: string;
  /** What its tasks said, by the task's name; the lines stand evenly over its time. Tasks after a failed one did not begin. */
  readonly logs?: Readonly<Record<string, readonly string[]>>;
  /** The task that it ended in, where it did not succeed. */
  readonly failedTask?: string;
}

/** Occurrences in a row that were not run. */
export interface PastSkip {
  readonly job: string;
  readonly reason: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}

const OWNER = 'earlier';

/**
 * Writes a past into a data folder that nobody serves: the scheduler's own stores and log writer put down what they would have
 * put down then. Tests cannot wait for last night.
 */
export async function writePast(
  folders: { jobs: string; data: string },
  runs: readonly PastRun[],
  skips: readonly PastSkip[] = [],
): Promise<void> {
  await mkdir(folders.data, { recursive: true });
  const db = openDatabase(join(folders.data, 'nightjar.db'));
  try {
    bindToJobsHome(db, folders.jobs);
    const stores = { queue: new JobQueue(db), runs: new RunStore(db), tasks: new TaskRunStore(db) };
    const definitions = new Map<string, JobDefinition>();
    const definitionOf = async (job: string) => {
      const definition = definitions.get(job) ?? (await readDefinition(folders.jobs, job));
      definitions.set(job, definition);
      return definition;
    };
    const skipStore = new SkipStore(db);
    // Ids follow time.
    const all = [...runs.map((run) => ({ at: run.at, run })), ...skips.map((skip) => ({ at: skip.lastAt, skip }))];
    for (const one of all.toSorted((a, b) => a.at - b.at)) {
      if ('run' in one) await writeRun(stores, folders.data, await definitionOf(one.run.job), one.run);
      else {
        const { pipelineName } = await definitionOf(one.skip.job);
        const { lastAt: at } = one.skip;
        skipStore.record({ ...one.skip, pipelineName, trigger: 'scheduled', schedule: 'earlier', at });
      }
    }
  } finally {
    db.close();
  }
}

async function readDefinition(jobs: string, id: string): Promise<JobDefinition> {
  const file = join(jobs, `${id}.yml`);
  const { definition, problems } = parseJob({
    id,
    file,
    text: await readFile(file, 'utf8'),
    shownAs: `${id}.yml`,
    checkSchedule: (expression, timezone) => parseSchedule(expression, timezone),
    userHome: homedir(),
    home: NO_HOME_SETTINGS,
  });
  if (definition === null) throw new Error(problems.map(({ message }) => message).join('; '));
  return definition;
}

type Stores = { queue: JobQueue; runs: RunStore; tasks: TaskRunStore };

async function writeRun(stores: Stores, data: string, definition: JobDefinition, past: PastRun): Promise<void> {
  const { state = 'succeeded', trigger = 'scheduled', reason = null, error = null, at, ms } = past;
  const exitCode = past.exitCode ?? (state === 'succeeded' ? 0 : null);
  const queued = stores.queue.enqueue({
    job: past.job,
    pipelineName: definition.pipelineName,
    trigger,
    dueAt: trigger === 'manual' ? null : at,
    queuedAt: at,
    attempts: 1,
    params: {},
    concurrencyGroup: definition.concurrencyGroup,
    definition,
  });
  if (queued === undefined) throw new Error(`${past.job} is queued for then already.`);
  stores.queue.claim(queued.id, OWNER, at);
  await writeTasks(stores.tasks, data, queued.id, definition, past);
  stores.runs.finishRun({ id: queued.id, owner: OWNER, state, reason, error, exitCode, at: at + ms });
}

/** Groups share the run's time evenly, and their tasks begin together. */
async function writeTasks(
  tasks: TaskRunStore,
  data: string,
  runId: number,
  { steps }: JobDefinition,
  past: PastRun,
): Promise<void> {
  const clock = new FakeClock(past.at);
  const log = await new LogBook(data, clock, () => {}).write(runId, []);
  const { state = 'succeeded' } = past;
  let isOver = false;
  const lastGroup = steps.findIndex(({ tasks: own }) => own.some(({ name }) => name === past.failedTask));
  const eachMs = Math.floor(past.ms / Math.max(1, lastGroup < 0 ? steps.length : lastGroup + 1));
  for (const [groupIndex, group] of steps.entries()) {
    const rows = group.tasks.map((task, taskIndex) => ({
      part: 'step' as const,
      group: group.name,
      groupIndex,
      taskIndex,
      name: task.name,
      executor: task.executor,
      image: task.image,
      runAttempt: 1,
      attempt: 1,
      attempts: 1,
    }));
    const ids = tasks.insertTaskRuns(runId, rows);
    const beginAt = past.at + groupIndex * eachMs;
    const lines: { id: number; at: number; text: string }[] = [];
    for (const [index, id] of ids.entries()) {
      const { name } = rows[index]!;
      if (isOver) {
        tasks.finishTaskRun({ id, state: 'skipped', reason: 'an earlier step failed', exitCode: null, at: beginAt });
        continue;
      }
      // Tasks of a group differ a little, as they do.
      const ownMs = Math.round(eachMs * (1 - 0.22 * index));
      tasks.startTaskRun(id, beginAt);
      const hasFailed = name === past.failedTask;
      const texts = past.logs?.[name] ?? [];
      texts.forEach((text, line) => lines.push({ id, at: beginAt + (ownMs * (line + 1)) / (texts.length + 1), text }));
      tasks.finishTaskRun({
        id,
        state: hasFailed && state !== 'succeeded' ? state : 'succeeded',
        reason: hasFailed ? (past.reason?.replace(/ in task .*/, '') ?? null) : null,
        exitCode: hasFailed ? (past.exitCode ?? null) : 0,
        at: beginAt + ownMs,
      });
    }
    for (const line of lines.sort((a, b) => a.at - b.at)) {
      clock.jump(Math.round(line.at) - clock.now());
      await log.taskLog(line.id).write(line.text.startsWith('!') ? 'stderr' : 'stdout', bytesOf(line.text));
    }
    isOver ||= rows.some(({ name }) => name === past.failedTask);
  }
  await log.close();
}

/** A line that begins with `!` went to stderr. */
function bytesOf(text: string): Buffer {
  return Buffer.from(`${text.replace(/^!/, '')}\n`);
}
