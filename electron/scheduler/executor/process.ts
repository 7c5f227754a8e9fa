import { constants as fsConstants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { constants as osConstants } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { Failure, messageOf } from '../failure.ts';
import { turn } from '../turn.ts';
import { stopTimeoutOf } from './executor.ts';
import type { Executor, Outcome, OutputStream, TaskExecution } from './executor.ts';
import { findRest, findTree, stopTree } from './kill-tree.ts';
import type { Tree } from './kill-tree.ts';
import type { OutputSource } from './output-source.ts';
import { bootId, type ProcessRow } from './process-table.ts';
import { watchProcessUsage } from './process-usage.ts';
import { signalName } from './signal-name.ts';
import { CommandStarter, type StartedCommand } from './start-command.ts';
import type { StartLauncher } from './launcher.ts';
import { STOPPED, couldNotStart } from './outcomes.ts';

/**
 * Runs a task as a process of this machine. Nothing of it outlives its attempt: what the command leaves behind is ended too,
 * wherever it went.
 */
export interface ProcessExecutorOptions {
  /** Names the data folder: run ids are unique in it only, and tasks of another one's runs are not ours to touch. */
  readonly dataId: string;
  /** What every task has beside its own environment; asked at each start. */
  readonly hostEnvironment: () => Promise<Readonly<Record<string, string>>>;
  readonly clock: Clock;
  /** For where many commands start; left out: all are started here. */
  readonly startLauncher?: StartLauncher | undefined;
}

/** In the environment of all that a task starts; the value names data folder, run and attempt. */
const MARK = 'NIGHTJAR_TASK_RUN';
/** For what a command started and did not wait for, such as a `tee` with the last lines, to end by itself. */
const GRACE_MS = 1_000;
/** A pipe that nothing came through for so long, all processes being gone, is held open by something that is not ours. */
const IDLE_MS = 1_000;

const LAUNCHER_LOST =
  'Nightjar’s own process that had started it was ended by somebody, so its exit code went to nobody; what was left of it was stopped.';

export function createProcessExecutor(options: ProcessExecutorOptions): Executor {
  const commands = new CommandStarter(options.clock, options.startLauncher);
  const markOf = (execution: TaskExecution): string => `${options.dataId}-${execution.runId}-${execution.taskRunId}`;

  return {
    async execute(execution) {
      if (execution.signal.aborted) return STOPPED;
      const { task } = execution;
      if (task.command === null) return couldNotStart(`Task ${task.name} has neither an image nor a command.`);

      const mark = markOf(execution);
      const env: Record<string, string> = {
        ...(await options.hostEnvironment()),
        NIGHTJAR_RUN: String(execution.runId),
        ...execution.environment,
        ...(execution.exchange && {
          NIGHTJAR_OUTPUT: execution.exchange.outputFile,
          NIGHTJAR_ARTIFACTS: execution.exchange.artifacts,
        }),
        [MARK]: mark,
      };
      const cwd = resolve(execution.workspace ?? execution.jobFolder, task.workdir ?? '.');
      const obstacle = await obstacleInProgram(task.command, cwd, env['PATH'] ?? '');
      if (obstacle !== undefined) return couldNotStart(obstacle);

      let child: StartedCommand;
      try {
        child = await commands.start({ command: task.command, cwd, env, mark: `${MARK}=${mark}` });
      } catch (thrown) {
        const folder = await obstacleInFolder(cwd);
        return couldNotStart(folder ?? `The command of task ${task.name} could not be started: ${messageOf(thrown)}.`);
      }
      await turn();
      let tree: Tree;
      try {
        const { pid, startedAt, bornAt } = child;
        const isOthers = (other: number): boolean => commands.isLeader(other);
        tree = { leader: pid, startedAt, bornAt, mark: `${MARK}=${mark}`, isOthers };
        execution.leaveTrace({ pid, pidStartedAt: startedAt, bootId: await bootId() });
      } catch (thrown) {
        await dismiss(child);
        throw thrown;
      }
      // Whoever cancels what has not begun means that it does not begin.
      if (execution.signal.aborted) {
        await dismiss(child);
        return STOPPED;
      }
      child.letGo();
      return follow(execution, child, tree);
    },

    async recover(execution, trace) {
      // Output that nobody read is lost and the exit code went to nobody, so there is nothing to go on with.
      if (trace.pid === undefined || trace.pidStartedAt === undefined || trace.bootId !== (await bootId()))
        return undefined;
      const tree: Tree = {
        leader: trace.pid,
        startedAt: trace.pidStartedAt,
        mark: `${MARK}=${markOf(execution)}`,
      };
      if ((await findTree(tree)).length === 0) return undefined;
      execution.log.note('This process outlived the Nightjar that started it; it is stopped now.');
      await end(execution, tree);
      return undefined;
    },

    availability: () => ({ isAvailable: true }),
    close: async () => commands.close(),
  };
}

/** Ends what waits behind its gate. */
async function dismiss(child: StartedCommand): Promise<void> {
  child.dismiss();
  child.stdout.destroy();
  child.stderr.destroy();
  await child.exited;
}

async function follow(execution: TaskExecution, child: StartedCommand, tree: Tree): Promise<Outcome> {
  let hasExited = false;
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    if (!hasExited) stopping ??= end(execution, tree);
  };
  const output = pumpOutput(execution, child, stop);
  execution.signal.addEventListener('abort', stop, { once: true });
  if (execution.signal.aborted) stop();
  const usage = watchProcessUsage(execution.usage, tree.leader);

  const exit = await child.exited;
  if (exit === 'lost') stop();
  hasExited = true;
  await usage.stop();
  execution.signal.removeEventListener('abort', stop);
  await stopping;
  // What was found before everything was told to end says nothing any more.
  const rest = exit === 'lost' || stopping !== undefined ? undefined : exit.rest;
  await endLeftBehind(execution, tree, output.ended, rest);
  const failure = await output.finish();
  if (failure !== undefined && !(failure instanceof Failure && failure.code === 'disk-full')) throw failure;

  if (exit === 'lost') {
    return execution.signal.aborted ? STOPPED : { kind: 'lost', reason: LAUNCHER_LOST };
  }
  const { code, signal } = exit;
  const exitCode = code ?? 128 + (signal === null ? 0 : osConstants.signals[signal]);
  return stopping === undefined ? { kind: 'exited', exitCode } : { kind: 'stopped', exitCode };
}

/**
 * Both streams into the log, each at the log's own speed. When the log takes no more, `stop` is called and the rest is thrown
 * away, so that nothing blocks on its way out.
 */
function pumpOutput(execution: TaskExecution, child: StartedCommand, stop: () => void) {
  let failure: unknown;
  let isWriting = 0;
  let lastAt = performance.now();
  const pump = (stream: OutputStream, source: OutputSource): Promise<void> =>
    source.drain(async (bytes) => {
      lastAt = performance.now();
      if (failure !== undefined) return;
      isWriting++;
      try {
        await execution.log.write(stream, bytes);
      } catch (thrown) {
        failure = thrown;
        stop();
      }
      isWriting--;
      lastAt = performance.now();
    });
  const ended = Promise.all([pump('stdout', child.stdout), pump('stderr', child.stderr)]);
  return {
    ended,
    /** Resolves when all that was written is in the log; with what the log threw, if it did. */
    async finish(): Promise<unknown> {
      for (;;) {
        const isOver = await Promise.race([ended.then(() => true), delay(IDLE_MS, false, { ref: false })]);
        if (isOver) break;
        if (isWriting > 0 || performance.now() - lastAt < IDLE_MS) continue;
        child.stdout.destroy();
        child.stderr.destroy();
      }
      return failure;
    },
  };
}

/** `rest`: what a look has found since the command ended, where there was one. */
async function endLeftBehind(
  execution: TaskExecution,
  tree: Tree,
  outputEnded: Promise<unknown>,
  rest: readonly ProcessRow[] | undefined,
): Promise<void> {
  await turn();
  const graceUntil = performance.now() + GRACE_MS;
  let left = rest ?? (await findRest(tree));
  while (left.length > 0 && performance.now() < graceUntil) {
    // The pipes' end is the usual sign of the last one's end; a daemon without them is looked for again.
    await Promise.race([outputEnded.then(() => delay(50)), delay(200)]);
    left = await findTree(tree);
  }
  if (left.length === 0) return;
  const what = left.length === 1 ? 'A process' : `${left.length} processes`;
  execution.log.note(
    `${what} started by the command outlived it (pid ${left.map(({ pid }) => pid).join(', ')}); stopping.`,
  );
  await end(execution, tree);
}

async function end(execution: TaskExecution, tree: Tree): Promise<void> {
  const signal = signalName(execution.task.stopSignal) ?? 'SIGTERM';
  const left = await stopTree(tree, signal, stopTimeoutOf(execution));
  if (left.length > 0)
    execution.log.note(`Not even SIGKILL ended pid ${left.join(', ')}; it may belong to another user.`);
}

async function obstacleInFolder(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return undefined;
  return found === undefined
    ? `The working folder ${folder} does not exist.`
    : `The working folder ${folder} is not a folder.`;
}

/**
 * For a list: what the shell would answer with 127 is known before anything runs. In a string it is the shell's to say, and a
 * folder that is missing keeps the shell itself from starting.
 */
async function obstacleInProgram(
  command: string | readonly string[],
  cwd: string,
  path: string,
): Promise<string | undefined> {
  if (typeof command === 'string' || process.platform === 'win32') return undefined;
  const program = command[0] ?? '';
  if (program === '') return 'The command is an empty list.';
  const noFolder = await obstacleInFolder(cwd);
  if (noFolder !== undefined) return noFolder;
  const folders = program.includes('/') ? [''] : path.split(delimiter);
  for (const folder of folders) {
    const file = resolve(cwd, join(folder, program));
    const isExecutable = await access(file, fsConstants.X_OK).then(
      async () => (await stat(file)).isFile(),
      () => false,
    );
    if (isExecutable) return undefined;
  }
  return program.includes('/')
    ? `${resolve(cwd, program)} does not exist or cannot be executed.`
    : `There is no program "${program}" in the PATH (${path}).`;
}
