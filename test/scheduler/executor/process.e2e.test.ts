/**
 * The executor of processes, on the real thing. Longer than 300 lines because its tests are many and short, and all stand on the one
 * way below in which processes are started, found again and ended.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../electron/scheduler/clock.ts';
import type { TaskTrace } from '../../../electron/scheduler/executor/executor.ts';
import { findTree } from '../../../electron/scheduler/executor/kill-tree.ts';
import { launcherOfNode } from '../../../electron/scheduler/executor/fork-launcher.ts';
import { createProcessExecutor } from '../../../electron/scheduler/executor/process.ts';
import { Failure } from '../../../electron/scheduler/failure.ts';
import { CollectedLog } from '../../support/collected-log.ts';
import { executionOf } from './execution.ts';

let dataId: string;
let folder: string;
let executor: ReturnType<typeof createProcessExecutor>;
let attempts: ReturnType<typeof executionOf>[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
  dataId = folder.slice(-6);
  attempts = [];
});

async function makeExecutor(starts: 'here' | 'by a launcher'): Promise<void> {
  executor = createProcessExecutor({
    dataId,
    clock: systemClock,
    hostEnvironment: async () => ({ PATH: process.env['PATH']!, HOST: 'yes' }),
    startLauncher: launcherOfNode,
  });
  if (starts === 'here') return;
  await Promise.all(Array.from({ length: 8 }, () => executor.execute(attempt({ command: 'true' }))));
  const execution = attempt({ command: ['sh', '-c', 'echo $PPID'] });
  await executor.execute(execution);
  expect(execution.log.text('stdout')).not.toBe(`${process.pid}\n`);
}

afterEach(async () => {
  await executor.close();
  await rm(folder, { recursive: true, force: true });
  const left = (await Promise.all(attempts.map((one) => living(one)))).flat();
  if (left.length > 0) throw new Error(`The test left processes behind: ${left.join(', ')}.`);
});

function attempt(...[task, rest]: Parameters<typeof executionOf>) {
  const execution = executionOf(task, { jobFolder: folder, ...rest });
  attempts.push(execution);
  return execution;
}

/** Pids that still carry the mark of an attempt. */
async function living({ runId, taskRunId }: { runId: number; taskRunId: number }): Promise<number[]> {
  const mark = `NIGHTJAR_TASK_RUN=${dataId}-${runId}-${taskRunId}`;
  return (await findTree({ leader: -1, startedAt: '0', mark })).map(({ pid }) => pid);
}

// Windows and macOS have no launcher.
const STARTS = process.platform === 'linux' ? (['here', 'by a launcher'] as const) : (['here'] as const);

describe.each(STARTS)('started %s', (starts) => {
  beforeEach(() => makeExecutor(starts));

  describe('what runs', () => {
    test('a string runs in a shell that stops at the first error', async () => {
      const execution = attempt({ command: 'echo one | tr a-z A-Z\nfalse\necho never' });
      expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 1 });
      expect(execution.log.text('stdout')).toBe('ONE\n');
    });

    test('a list is executed as it is, blanks, quotes and dollars included', async () => {
      const execution = attempt({ command: ['printf', '%s|', 'a b', '$HOME', `it's "so"`, ''] });
      expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
      expect(execution.log.text('stdout')).toBe(`a b|$HOME|it's "so"||`);
    });

    test('stdout and stderr stay apart, and /dev/stderr can be opened by name', async () => {
      const execution = attempt({ command: 'echo out; echo err >&2; echo named > /dev/stderr' });
      await executor.execute(execution);
      expect(execution.log.text('stdout')).toBe('out\n');
      expect(execution.log.text('stderr')).toBe('err\nnamed\n');
    });

    test.each([
      ['exit 0', 0],
      ['exit 75', 75],
      ['kill -9 $$', 137],
      ['kill -TERM $$', 143],
      ['no-such-program-of-ours', 127],
    ])('%s ends with %i', async (command, exitCode) => {
      expect(await executor.execute(attempt({ command }))).toEqual({ kind: 'exited', exitCode });
    });

    test('the environment is the attempt’s own, then the host’s, with the names of the run in it', async () => {
      const execution = attempt({ command: ['env'] }, { environment: { GREETING: 'a=b\nc', HOST: 'no' } });
      await executor.execute(execution);
      const lines = execution.log.text('stdout').split('\n');
      expect(lines).toEqual(expect.arrayContaining(['GREETING=a=b', 'c', 'HOST=no', 'NIGHTJAR_RUN=7']));
      expect(lines.join('\n')).not.toContain('VITEST');
    });

    test('it works in the job file’s folder, in the workspace where there is one, in `workdir` below that', async () => {
      const where = async (...args: Parameters<typeof executionOf>) => {
        const execution = attempt(...args);
        await executor.execute(execution);
        return execution.log.text('stdout').trim();
      };
      expect(await where({ command: 'pwd' })).toBe(folder);
      expect(await where({ command: 'pwd' }, { workspace: '/usr' })).toBe('/usr');
      expect(await where({ command: 'pwd', workdir: 'bin/..' }, { workspace: '/usr' })).toBe('/usr');
      expect(await where({ command: 'pwd', workdir: '/var' }, { workspace: '/usr' })).toBe('/var');
    });

    test('stdin is empty and no descriptor of the gate is left', async () => {
      const command = ['sh', '-c', 'cat; exec ls /proc/self/fd'] as const;
      const execution = attempt({ command: [...command] });
      await executor.execute(execution);
      // What a child has that nobody put behind a gate, `ls` with its folder among it, and what this machine's terminal left open.
      const [program, ...args] = command;
      expect(execution.log.text('stdout')).toBe(spawnSync(program, args, { encoding: 'utf8' }).stdout);
    });
  });

  describe('what cannot start', () => {
    test('a missing working folder is named', async () => {
      const outcome = await executor.execute(attempt({ command: 'true', workdir: '/no/such/folder' }));
      expect(outcome).toEqual({
        kind: 'could-not-start',
        reason: 'The working folder /no/such/folder does not exist.',
      });
    });

    test('a program that is not there is named, in the PATH or by its path', async () => {
      const inPath = await executor.execute(attempt({ command: ['no-such-program-of-ours'] }));
      expect(inPath).toMatchObject({ kind: 'could-not-start' });
      expect(inPath).toHaveProperty('reason', expect.stringMatching(/^There is no program "no-such-program-of-ours"/));
      await writeFile(join(folder, 'not-executable'), 'echo');
      const byPath = await executor.execute(attempt({ command: ['./not-executable'] }));
      expect(byPath).toHaveProperty('reason', `${folder}/not-executable does not exist or cannot be executed.`);
    });

    test('an environment that no process can have is an outcome, not an exception', async () => {
      const outcome = await executor.execute(
        attempt({ command: 'true' }, { environment: { A: 'x'.repeat(4_000_000) } }),
      );
      expect(outcome).toHaveProperty('reason', expect.stringContaining('E2BIG'));
    });

    test('what is stopped before its gate opens never runs', async () => {
      const stop = new AbortController();
      const execution = attempt({ command: 'touch ran' }, { signal: stop.signal, leaveTrace: () => stop.abort() });
      expect(await executor.execute(execution)).toEqual({ kind: 'stopped', exitCode: null });
      expect(existsSync(join(folder, 'ran'))).toBe(false);
    });

    test('nothing is started when it was stopped before', async () => {
      const execution = attempt({ command: 'touch ran' }, { signal: AbortSignal.abort() });
      expect(await executor.execute(execution)).toEqual({ kind: 'stopped', exitCode: null });
      expect(execution.traces).toEqual([]);
      expect(existsSync(join(folder, 'ran'))).toBe(false);
    });
  });

  describe('output', () => {
    test('10 MB come complete and in order', async () => {
      const execution = attempt({ command: ['seq', '1', '1450000'] });
      await executor.execute(execution);
      const text = execution.log.text('stdout');
      expect(text.length).toBeGreaterThan(10_000_000);
      expect(text === Array.from({ length: 1_450_000 }, (_, index) => `${index + 1}\n`).join('')).toBe(true);
    });

    test('bytes that are no UTF-8 pass as they are, and a last line needs no end', async () => {
      const execution = attempt({ command: `printf 'x\\377y\\000\\342\\202'` });
      await executor.execute(execution);
      expect([...execution.log.bytes('stdout')]).toEqual([0x78, 0xff, 0x79, 0x00, 0xe2, 0x82]);
    });

    test('what the shell says before its command begins is in the log', async () => {
      const environment = { LD_PRELOAD: '/no/such/library.so' };
      const executions = Array.from({ length: 8 }, () => attempt({ command: 'echo begun' }, { environment }));
      await Promise.all(executions.map((execution) => executor.execute(execution)));
      for (const { log } of executions) {
        expect(log.text('stdout')).toBe('begun\n');
        expect(log.text('stderr')).toContain('/no/such/library.so');
      }
    });

    test('a slow log holds the command back instead of filling memory', async () => {
      let writes = 0;
      let release = (): void => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      const log = new CollectedLog({ onWrite: () => (++writes === 1 ? held : undefined) });
      const execution = attempt({ command: 'yes | head -c 3000000; touch done' }, { log });
      const ending = executor.execute(execution);
      await expect.poll(() => writes).toBe(1);
      expect(existsSync(join(folder, 'done'))).toBe(false);
      release();
      expect(await ending).toEqual({ kind: 'exited', exitCode: 0 });
      expect(log.consumed('stdout')).toBe(3_000_000);
    });

    test('a full disk stops the command and is no exception', async () => {
      const log = new CollectedLog({
        onWrite: () => {
          throw new Failure('disk-full', 'The disk is full.');
        },
      });
      const outcome = await executor.execute(attempt({ command: 'yes', stopTimeoutMs: 5_000 }, { log }));
      expect(outcome).toMatchObject({ kind: 'stopped' });
    });
  });

  describe('stopping', () => {
    async function stopped(command: string, stopTimeoutMs: number, ready = 'ready') {
      const stop = new AbortController();
      const execution = attempt({ command, stopTimeoutMs }, { signal: stop.signal });
      const ending = executor.execute(execution);
      await execution.log.until((log) => log.text('stdout').includes(ready));
      const startedAt = performance.now();
      stop.abort();
      const outcome = await ending;
      return { execution, outcome, tookMs: performance.now() - startedAt };
    }

    test('the stop signal reaches the command, which may clean up', async () => {
      const { execution, outcome } = await stopped(
        `trap 'echo cleaned; exit 3' TERM; echo ready; while :; do sleep 0.05; done`,
        10_000,
      );
      expect(outcome).toEqual({ kind: 'stopped', exitCode: 3 });
      expect(execution.log.text('stdout')).toBe('ready\ncleaned\n');
    });

    test('what was started while it was told to stop is told too, once the command has ended', async () => {
      const command = `trap 'sleep 313 & exit 3' TERM; echo ready; while :; do sleep 0.05; done`;
      const { outcome, tookMs } = await stopped(command, 15_000);
      expect(outcome).toEqual({ kind: 'stopped', exitCode: 3 });
      expect(tookMs).toBeLessThan(10_000);
    });

    test('what cleans up after the stop signal is not disturbed', async () => {
      const command = `trap '(sleep 0.5; echo cleaned); exit 3' TERM; echo ready; while :; do sleep 0.05; done`;
      const { execution, outcome } = await stopped(command, 15_000);
      expect(outcome).toEqual({ kind: 'stopped', exitCode: 3 });
      expect(execution.log.text('stdout')).toBe('ready\ncleaned\n');
    });

    test('what ignores the stop signal is killed after its time', async () => {
      const { outcome, tookMs } = await stopped(`trap '' TERM; echo ready; while :; do sleep 0.05; done`, 300);
      expect(outcome).toEqual({ kind: 'stopped', exitCode: 137 });
      expect(tookMs).toBeGreaterThan(290);
      expect(tookMs).toBeLessThan(5_000);
    });

    test('the whole tree goes: children, grandchildren, daemons of a session of their own, and those that deny their origin', async () => {
      const { execution } = await stopped(
        `trap '' TERM
       (sleep 300 & sleep 301) &
       setsid sh -c 'trap "" TERM; sleep 302; sleep 303' >/dev/null 2>&1 &
       (env -i setsid sh -c 'echo ready; exec sleep 304.${process.pid}'; true) &
       wait`,
        200,
      );
      expect(await living(execution)).toEqual([]);
      expect(await runningWith(`sleep 304.${process.pid}`)).toEqual([]);
    });

    test('who stops it may give it less time than the task has', async () => {
      const stop = new AbortController();
      const command = `trap '' TERM; echo ready; while :; do sleep 0.05; done`;
      const execution = attempt({ command, stopTimeoutMs: 60_000 }, { signal: stop.signal });
      const ending = executor.execute(execution);
      await execution.log.until((log) => log.text('stdout').includes('ready'));
      stop.abort({ kind: 'interrupted', why: 'the machine was shut down', withinMs: 100 });
      expect(await ending).toEqual({ kind: 'stopped', exitCode: 137 });
    });

    test('another signal can be asked for', async () => {
      const stop = new AbortController();
      const execution = attempt(
        { command: `trap 'exit 9' INT; echo ready; while :; do sleep 0.05; done`, stopSignal: 'INT' },
        { signal: stop.signal },
      );
      const ending = executor.execute(execution);
      await execution.log.until((log) => log.text('stdout') === 'ready\n');
      stop.abort();
      expect(await ending).toEqual({ kind: 'stopped', exitCode: 9 });
    });
  });

  describe('what a command leaves behind', () => {
    test('a background process that holds the output open is ended, and the exit code is the command’s', async () => {
      const execution = attempt({ command: 'sleep 305 & echo done; exit 4' });
      expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 4 });
      expect(execution.log.text('stdout')).toBe('done\n');
      expect(execution.log.notes.join()).toMatch(/^A process started by the command outlived it/);
    });

    test('a daemon with its own session and no output is ended too', async () => {
      const execution = attempt({ command: 'setsid sleep 306 >/dev/null 2>&1 </dev/null & exit 0' });
      expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
      expect(await living(execution)).toEqual([]);
    });

    test('what ends by itself within a moment is let alone', async () => {
      const execution = attempt({ command: '(sleep 0.1; echo late) & exit 0' });
      expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
      expect(execution.log.text('stdout')).toBe('late\n');
      expect(execution.log.notes).toEqual([]);
    });
  });
});

describe('crashes', () => {
  beforeEach(() => makeExecutor('here'));

  test('the trace is left while the command waits behind its gate', async () => {
    let ranBefore: boolean | undefined;
    let trace: TaskTrace | undefined;
    const execution = attempt(
      { command: 'touch ran' },
      {
        leaveTrace(left) {
          trace = left;
          // The process exists; synchronous work of a second would not let it run anything.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
          expect(readFileSync(`/proc/${left.pid}/stat`, 'latin1')).toContain(String(left.pidStartedAt));
          ranBefore = existsSync(join(folder, 'ran'));
        },
      },
    );
    await executor.execute(execution);
    expect(ranBefore).toBe(false);
    expect(trace).toMatchObject({ bootId: expect.stringMatching(/^[0-9a-f-]{36} pid:/) });
    expect(existsSync(join(folder, 'ran'))).toBe(true);
  });

  test('a scheduler that dies before it opens the gate leaves nothing running and nothing done', async () => {
    const script = crashingScript('process.kill(process.pid, "SIGKILL")');
    const [, signal] = await once(script, 'exit');
    expect(signal).toBe('SIGKILL');
    await expect.poll(() => living({ runId: 7, taskRunId: 900 })).toEqual([]);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  test('a process that outlived its scheduler is stopped with its tree, and nobody knows how it would have ended', async () => {
    const script = crashingScript('require("fs").writeFileSync("trace", JSON.stringify(trace))');
    await expect.poll(() => existsSync(join(folder, 'ran')), { timeout: 30_000 }).toBe(true);
    script.kill('SIGKILL');
    await once(script, 'exit');
    const trace = JSON.parse(readFileSync(join(folder, 'trace'), 'utf8')) as TaskTrace;
    const execution = attempt({ command: 'unused', stopTimeoutMs: 2_000 }, { taskRunId: 900 });
    expect(await living(execution)).not.toEqual([]);

    expect(await executor.recover(execution, { ...trace, bootId: 'another boot' })).toBeUndefined();
    expect(await living(execution)).not.toEqual([]);
    expect(await executor.recover(execution, trace)).toBeUndefined();
    expect(await living(execution)).toEqual([]);
    expect(execution.log.notes).toHaveLength(1);
  });

  test('a process that only got the pid later is not touched', async () => {
    const bystander = spawn('sleep', ['307'], { detached: true });
    await once(bystander, 'spawn');
    const { bootId } = await traceOf('true');
    const trace = { pid: bystander.pid!, pidStartedAt: '1', bootId };
    await executor.recover(attempt({ command: 'unused' }), trace);
    expect(bystander.exitCode).toBeNull();
    expect(bystander.signalCode).toBeNull();
    bystander.kill('SIGKILL');
    await once(bystander, 'exit');
  });

  async function traceOf(command: string): Promise<TaskTrace> {
    const execution = attempt({ command });
    await executor.execute(execution);
    return execution.traces[0]!;
  }

  /** A scheduler in a process of its own, for attempt 900: `touch ran`, then a daemon and a long sleep. */
  function crashingScript(whenTraced: string) {
    const modules = new URL('../../../electron/scheduler/executor/', import.meta.url).href;
    const here = new URL('.', import.meta.url).href;
    const code = `
      const { createProcessExecutor } = await import('${modules}process.ts');
      const { executionOf } = await import('${here}execution.ts');
      const { createRequire } = await import('node:module');
      const require = createRequire('${here}');
      const { systemClock: clock } = await import('${modules}../clock.ts');
      const hostEnvironment = async () => ({ PATH: process.env.PATH });
      const executor = createProcessExecutor({ dataId: '${dataId}', clock, hostEnvironment });
      await executor.execute(executionOf(
        { command: 'setsid sleep 308 >/dev/null 2>&1 & touch ran; sleep 309' },
        { taskRunId: 900, jobFolder: process.cwd(), leaveTrace: (trace) => { ${whenTraced} } },
      ));`;
    return spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: folder, stdio: 'inherit' });
  }
});

/** Pids whose command line matches; for processes that shed their environment. */
async function runningWith(pattern: string): Promise<string[]> {
  const child = spawn('pgrep', ['-f', `^${pattern}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return Buffer.concat(chunks).toString().split('\n').filter(Boolean);
}
