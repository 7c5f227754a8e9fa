import type { Executor, Outcome, TaskExecution, TaskTrace } from '../../electron/scheduler/executor/executor.ts';

/** What a scripted task does: ends with this exit code at once, or when it is told to by `end`. */
export type Script = (execution: TaskExecution) => Promise<Outcome> | Outcome;

/**
 * An executor that runs nothing, for tests of what stands above executors: it follows a script by task name, records what was
 * asked of it in order, and obeys the abort signal.
 */
export class ScriptedExecutor implements Executor {
  readonly calls: string[] = [];
  readonly #scripts: Record<string, Script>;
  readonly #held = new Map<string, (outcome: Outcome) => void>();

  constructor(scripts: Record<string, Script> = {}) {
    this.#scripts = scripts;
  }

  execute(execution: TaskExecution): Promise<Outcome> {
    return this.#go('start', execution);
  }

  recover(execution: TaskExecution, _trace: TaskTrace): Promise<Outcome | undefined> {
    return this.#go('recover', execution);
  }

  availability(): { isAvailable: true } {
    return { isAvailable: true };
  }

  async close(): Promise<void> {}

  /** A script that holds the task until `end(name)`, or until it is stopped. */
  hold: Script = (execution) =>
    new Promise<Outcome>((resolve) => {
      this.#held.set(execution.task.name, resolve);
      const stop = (): void => resolve({ kind: 'stopped', exitCode: 143 });
      execution.signal.addEventListener('abort', stop, { once: true });
      // It may have been told before it began, as a real executor may.
      if (execution.signal.aborted) stop();
    });

  end(name: string, exitCode = 0): void {
    const resolve = this.#held.get(name);
    if (resolve === undefined) throw new Error(`${name} is not held`);
    this.#held.delete(name);
    resolve({ kind: 'exited', exitCode });
  }

  async #go(what: string, execution: TaskExecution): Promise<Outcome> {
    const { name } = execution.task;
    const attempt = execution.attempt > 1 ? ` ${execution.attempt}` : '';
    this.calls.push(`${what} ${name}${attempt}`);
    execution.leaveTrace({ pid: 1, pidStartedAt: '1', bootId: 'test' });
    const outcome = await (this.#scripts[name] ?? ((): Outcome => ({ kind: 'exited', exitCode: 0 })))(execution);
    this.calls.push(`end ${name}${attempt}`);
    return outcome;
  }
}
