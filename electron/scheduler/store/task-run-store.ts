import type { Database, Statement } from 'better-sqlite3';
import type { TaskRun } from '../../api/api.ts';
import type { TaskState } from '../../api/words.ts';
import type { TaskTrace } from '../executor/executor.ts';
import { KeptStore } from './kept-store.ts';
import { OutputStore, type StoredOutput } from './output-store.ts';

/** One attempt of one task in one attempt of a run, as it is stored. */
export interface TaskRunRecord extends Omit<TaskRun, 'medianMs'> {
  readonly runId: number;
  /** Place within its group, from 0. */
  readonly taskIndex: number;
  readonly trace: TaskTrace;
}

/** A task attempt that has not begun. */
export type NewTaskRun = Pick<
  TaskRunRecord,
  'part' | 'group' | 'groupIndex' | 'taskIndex' | 'name' | 'executor' | 'image' | 'runAttempt' | 'attempt' | 'attempts'
>;

export interface TaskRunEnd {
  readonly id: number;
  readonly state: Exclude<TaskState, 'waiting' | 'running'>;
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly at: number;
  /** What it hands on to later groups. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** Until when its container stays; left out: it does not. */
  readonly keptUntilAt?: number | null;
}

/** An attempt that counts as done in another run too; `reason` says where it comes from. */
export interface TakenOver {
  /** Of the attempt. */
  readonly id: number;
  readonly runId: number;
  readonly reason: string;
  readonly at: number;
}

const TRACE_COLUMNS = {
  containerName: 'container_name',
  containerId: 'container_id',
  imageDigest: 'image_digest',
  engine: 'engine',
  pid: 'pid',
  pidStartedAt: 'pid_started_at',
  bootId: 'boot_id',
  remoteAskedAt: 'remote_asked_at',
  remoteId: 'remote_id',
  remoteUrl: 'remote_url',
} as const satisfies Record<keyof TaskTrace, string>;

const TRACE_KEYS = Object.keys(TRACE_COLUMNS) as (keyof TaskTrace)[];

type Row = Omit<TaskRunRecord, 'trace'> & { readonly [K in keyof TaskTrace]-?: TaskTrace[K] | null };

const COLUMNS = `
  id, run_id AS runId, part, group_name AS "group", group_index AS groupIndex, task_index AS taskIndex, name, executor, image,
  run_attempt AS runAttempt, attempt, attempts, state, reason, started_at AS startedAt, ended_at AS endedAt, exit_code AS exitCode,
  ${TRACE_KEYS.map((key) => `${TRACE_COLUMNS[key]} AS ${key}`).join(', ')}`;

/** The task attempts of runs, and what it takes to find each of them again after a crash. */
export class TaskRunStore {
  readonly #db: Database;
  readonly #outputs: OutputStore;
  readonly #kept: KeptStore;
  readonly #insert: Statement<[NewTaskRun & { runId: number }], number>;
  readonly #get: Statement<[number], Row>;
  readonly #ofRun: Statement<[number], Row>;
  readonly #start: Statement<[number, number]>;
  readonly #trace: Statement<[{ id: number } & Record<keyof TaskTrace, string | number | null>]>;
  readonly #end: Statement<[Omit<TaskRunEnd, 'outputs' | 'keptUntilAt'>]>;
  readonly #takeOver: Statement<[TakenOver]>;
  readonly #carryOver: Statement<[{ runId: number; runAttempt: number }]>;
  readonly #medians: Statement<[string], { name: string; medianMs: number }>;
  readonly #askContainers: Statement<[], number>;
  #hadContainers = false;

  constructor(db: Database) {
    this.#db = db;
    this.#askContainers = db.prepare<[], number>(`SELECT 1 FROM meta WHERE key = 'had_containers'`).pluck();
    this.#outputs = new OutputStore(db);
    this.#kept = new KeptStore(db);
    this.#insert = db
      .prepare<[NewTaskRun & { runId: number }], number>(
        `INSERT INTO task_runs (run_id, part, group_name, group_index, task_index, name, executor, image, run_attempt, attempt,
           attempts, state)
         VALUES (@runId, @part, @group, @groupIndex, @taskIndex, @name, @executor, @image, @runAttempt, @attempt, @attempts,
           'waiting')
         RETURNING id`,
      )
      .pluck();
    this.#get = db.prepare(`SELECT ${COLUMNS} FROM task_runs WHERE id = ?`);
    this.#ofRun = db.prepare(`SELECT ${COLUMNS} FROM task_runs WHERE run_id = ? ORDER BY id`);
    this.#start = db.prepare(
      `UPDATE task_runs SET state = 'running', started_at = ? WHERE id = ? AND state = 'waiting'`,
    );
    // A trace grows (first the container's name, then its id), so what is not told anew is kept. But a name that is told without an
    // id is a container that is yet to be made: the id of the one before, which makes way for it, would be looked for in vain.
    const told = TRACE_KEYS.map((key) => {
      const before = key === 'containerId' ? 'iif(@containerName IS NULL, container_id, NULL)' : TRACE_COLUMNS[key];
      return `${TRACE_COLUMNS[key]} = coalesce(@${key}, ${before})`;
    }).join(', ');
    this.#trace = db.prepare(`UPDATE task_runs SET ${told} WHERE id = @id`);
    this.#end = db.prepare(`
      UPDATE task_runs SET state = @state, reason = @reason, exit_code = @exitCode, ended_at = @at
      WHERE id = @id AND state IN ('waiting', 'running')`);
    const copied = `part, group_name, group_index, task_index, name, executor, image, image_digest`;
    const taken = (runId: string, runAttempt: string, reason: string, endedAt: string): string => `
      INSERT INTO task_runs (run_id, run_attempt, ${copied}, attempt, attempts, state, reason, ended_at, exit_code)
      SELECT ${runId}, ${runAttempt}, ${copied}, attempt, attempts, 'succeeded', ${reason}, ${endedAt}, exit_code`;
    this.#takeOver = db.prepare(`${taken('@runId', '1', '@reason', '@at')} FROM task_runs WHERE id = @id`);
    this.#carryOver = db.prepare(`${taken('run_id', '@runAttempt', 'reason', 'ended_at')} FROM task_runs
      WHERE run_id = @runId AND run_attempt = @runAttempt - 1 AND state = 'succeeded' AND started_at IS NULL`);
    this.#medians = db.prepare(`
      SELECT name, median(ended_at - started_at) AS medianMs FROM task_runs
      WHERE run_id IN (SELECT id FROM runs INDEXED BY runs_ended_of_job
                       WHERE job = ? AND state = 'succeeded' AND ended_at IS NOT NULL ORDER BY id DESC LIMIT 20)
        AND state = 'succeeded'
      GROUP BY name`);
  }

  /** Inserts attempts that wait for their turn; returns their ids in the same order. */
  insertTaskRuns(runId: number, tasks: readonly NewTaskRun[]): number[] {
    return this.#db.transaction(() => tasks.map((task) => this.#insert.get({ ...task, runId }) as number)).immediate();
  }

  getTaskRun(id: number): TaskRunRecord | undefined {
    const row = this.#get.get(id);
    return row && toTaskRun(row);
  }

  /** In the order in which they were inserted: that of the definition, later attempts after all first ones. */
  taskRunsOf(runId: number): TaskRunRecord[] {
    return this.#ofRun.all(runId).map(toTaskRun);
  }

  /** False where it was not waiting any more. */
  startTaskRun(id: number, at: number): boolean {
    return this.#start.run(at, id).changes === 1;
  }

  /** What it takes to find the task again; committed when this returns, so a crash a moment later finds it. */
  leaveTrace(id: number, trace: TaskTrace): void {
    if (trace.containerName !== undefined) this.#noteContainers();
    const told = Object.fromEntries(TRACE_KEYS.map((key) => [key, trace[key] ?? null]));
    this.#trace.run({ ...(told as Record<keyof TaskTrace, string | number | null>), id });
  }

  /** Whether a container was ever named here, of an attempt that is still known or not: then one may have been left behind. */
  get hadContainers(): boolean {
    this.#hadContainers ||= this.#askContainers.get() !== undefined;
    return this.#hadContainers;
  }

  #noteContainers(): void {
    if (this.hadContainers) return;
    this.#db.prepare(`INSERT INTO meta (key, value) VALUES ('had_containers', 'yes') ON CONFLICT DO NOTHING`).run();
    this.#hadContainers = true;
  }

  /** Also of an attempt that never began (skipped, cancelled). False where it had ended already; nothing is changed then. */
  finishTaskRun(end: TaskRunEnd): boolean {
    const { outputs = {}, keptUntilAt = null, ...row } = end;
    if (Object.keys(outputs).length === 0 && keptUntilAt === null) return this.#end.run(row).changes === 1;
    // Together: a task that is stored as ended has all of its outputs, and its container is kept or nobody's.
    return this.#db
      .transaction(() => {
        const isEnded = this.#end.run(row).changes === 1;
        if (isEnded) this.#outputs.put(end.id, outputs);
        if (isEnded && keptUntilAt !== null) this.#kept.keep(end.id, keptUntilAt);
        return isEnded;
      })
      .immediate();
  }

  /** Stores an attempt of one run as a succeeded one of another, where it never started: that is what a taken one is known by. */
  takeOver(taken: TakenOver): void {
    this.#outputs.copy(taken.id, this.#takeOver.run(taken).lastInsertRowid);
  }

  /** What the run took over stays taken in its next attempt. */
  carryOver(runId: number, runAttempt: number): void {
    this.#db
      .transaction(() => {
        this.#carryOver.run({ runId, runAttempt });
        this.#outputs.carryOver(runId, runAttempt);
      })
      .immediate();
  }

  /** The outputs of one attempt of a run, in the order of its tasks. */
  outputsOf(runId: number, runAttempt: number): StoredOutput[] {
    return this.#outputs.ofAttempt(runId, runAttempt);
  }

  /** By the task's name: how long its successes took, in milliseconds, the middle of those in the job's last 20 successful runs. */
  mediansOfTasks(job: string): Map<string, number> {
    return new Map(this.#medians.all(job).map(({ name, medianMs }) => [name, medianMs]));
  }
}

function toTaskRun(row: Row): TaskRunRecord {
  const { containerName, containerId, engine, pid, pidStartedAt, bootId, remoteAskedAt, remoteId, remoteUrl, ...same } =
    row;
  const found = {
    containerName,
    containerId,
    imageDigest: row.imageDigest,
    engine,
    pid,
    pidStartedAt,
    bootId,
    remoteAskedAt,
    remoteId,
    remoteUrl,
  } satisfies Record<keyof TaskTrace, unknown>;
  const trace: Record<string, unknown> = {};
  for (const key of TRACE_KEYS) if (found[key] !== null) trace[key] = found[key];
  return { ...same, trace };
}
