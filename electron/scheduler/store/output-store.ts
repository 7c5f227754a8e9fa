import type { Database, Statement } from 'better-sqlite3';

/** A variable that a task handed on. */
export interface StoredOutput {
  readonly taskRunId: number;
  readonly part: 'step' | 'on_success' | 'on_failure' | 'on_cancel' | 'always';
  readonly groupIndex: number;
  readonly taskIndex: number;
  readonly name: string;
  readonly value: string;
}

/** The outputs of task attempts that succeeded; others have none. */
export class OutputStore {
  readonly #insert: Statement<[number, string, string]>;
  readonly #copy: Statement<[number | bigint, number]>;
  readonly #carry: Statement<[{ runId: number; runAttempt: number }]>;
  readonly #ofAttempt: Statement<[number, number], StoredOutput>;

  constructor(db: Database) {
    this.#insert = db.prepare('INSERT OR REPLACE INTO task_outputs (task_run_id, name, value) VALUES (?, ?, ?)');
    this.#copy = db.prepare(`
      INSERT INTO task_outputs (task_run_id, name, value) SELECT ?, name, value FROM task_outputs WHERE task_run_id = ?`);
    this.#carry = db.prepare(`
      INSERT INTO task_outputs (task_run_id, name, value)
      SELECT task.id, output.name, output.value FROM task_runs AS task
      JOIN task_runs AS old ON old.run_id = task.run_id AND old.run_attempt = task.run_attempt - 1 AND old.part = task.part
        AND old.group_index = task.group_index AND old.task_index = task.task_index AND old.attempt = task.attempt
      JOIN task_outputs AS output ON output.task_run_id = old.id
      WHERE task.run_id = @runId AND task.run_attempt = @runAttempt`);
    this.#ofAttempt = db.prepare(`
      SELECT task.id AS taskRunId, task.part, task.group_index AS groupIndex, task.task_index AS taskIndex, output.name, output.value
      FROM task_runs AS task JOIN task_outputs AS output ON output.task_run_id = task.id
      WHERE task.run_id = ? AND task.run_attempt = ? ORDER BY task.id, output.name`);
  }

  put(taskRunId: number, outputs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(outputs)) this.#insert.run(taskRunId, name, value);
  }

  /** To an attempt that counts as done because of another one. */
  copy(from: number, to: number | bigint): void {
    this.#copy.run(to, from);
  }

  /** From the attempt of the run before this one, to the tasks that were carried over from it. */
  carryOver(runId: number, runAttempt: number): void {
    this.#carry.run({ runId, runAttempt });
  }

  /** Of one attempt of a run, in the order of its tasks. */
  ofAttempt(runId: number, runAttempt: number): StoredOutput[] {
    return this.#ofAttempt.all(runId, runAttempt);
  }
}
