import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { launcherOfNode } from '../../../electron/scheduler/executor/fork-launcher.ts';
import { findTree } from '../../../electron/scheduler/executor/kill-tree.ts';
import type { StartLauncher } from '../../../electron/scheduler/executor/launcher.ts';
import { createProcessExecutor } from '../../../electron/scheduler/executor/process.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { executionOf } from './execution.ts';

let folder: string;
let executor: ReturnType<typeof createProcessExecutor>;
let clock: FakeClock;
let lastId = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
  clock = new FakeClock(0);
  executor = make(launcherOfNode!);
});

afterEach(async () => {
  await executor.close();
  await rm(folder, { recursive: true, force: true });
  if (clock.pending > 0) throw new Error(`The test left ${clock.pending} timers.`);
});

function make(startLauncher: StartLauncher) {
  const hostEnvironment = async () => ({ PATH: process.env['PATH']! });
  return createProcessExecutor({ dataId: folder.slice(-6), clock, hostEnvironment, startLauncher });
}

function attempt(command: string, rest: Parameters<typeof executionOf>[1] = {}) {
  return executionOf({ command }, { jobFolder: folder, taskRunId: (lastId += 1), ...rest });
}

/** Who started a command that runs now. */
async function starterOf(command = 'echo $PPID'): Promise<number> {
  const execution = attempt(command);
  expect(await executor.execute(execution)).toEqual({ kind: 'exited', exitCode: 0 });
  return Number(execution.log.text('stdout'));
}

/** Starts so many that the next ones are started by a launcher, and resolves with its pid. */
async function launcher(): Promise<number> {
  const starters = await Promise.all(Array.from({ length: 8 }, () => starterOf()));
  expect(starters.slice(0, 4)).toEqual(Array(4).fill(process.pid));
  expect(new Set(starters.slice(4)).size).toBe(1);
  expect(starters[4]).not.toBe(process.pid);
  return starters[4]!;
}

const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));

// Elsewhere nothing is started by a launcher (start-command.ts).
describe.skipIf(process.platform !== 'linux')('a launcher', () => {
  test('the first commands are started here, and many by a launcher that ends with the executor', async () => {
    const pid = await launcher();
    expect(await starterOf()).toBe(pid);
    await executor.close();
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test('nothing that a launcher started tells it by its environment, its folder or what it may be signalled', async () => {
    await launcher();
    const command = 'env | cut -d= -f1 | sort | tr "\\n" " "; pwd; grep SigIgn /proc/self/status';
    const [launched, started] = [attempt(command), attempt(command)];
    await executor.execute(launched);
    await executor.close();
    executor = make(launcherOfNode!);
    await executor.execute(started);
    expect(launched.log.text('stdout')).toBe(started.log.text('stdout'));
  });

  test('what a launcher starts is killed no sooner than others where memory is short', async () => {
    await executor.close();
    const preload = `data:text/javascript,process.getBuiltinModule('fs').writeFileSync('/proc/self/oom_score_adj', '1000')`;
    executor = make((file) => {
      // As Chromium starts its helpers, but with the most there is, which nobody needs rights for.
      const child = fork(file, { execArgv: ['--import', preload], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      return {
        send: (request) => void (child.connected && child.send(request)),
        onAnswer: (take) => void child.on('message', take as (answer: unknown) => void),
        onEnd: (tell) => void child.once('disconnect', tell),
        holdUs() {},
      };
    });
    await launcher();
    const execution = attempt('cat /proc/self/oom_score_adj');
    await executor.execute(execution);
    expect(execution.log.text('stdout')).toBe(readFileSync('/proc/self/oom_score_adj', 'utf8'));
  });

  test('a launcher looks for what a command left behind, and tells of it with the exit code', async () => {
    await executor.close();
    const rests: number[][] = [];
    executor = make((file) => {
      const process = launcherOfNode!(file);
      const onAnswer = (take: Parameters<typeof process.onAnswer>[0]) =>
        process.onAnswer((answer) => {
          if ('exit' in answer) rests.push(answer.exit.rest?.map(({ pid }) => pid) ?? [-1]);
          take(answer);
        });
      return { ...process, onAnswer };
    });
    await launcher();
    expect(rests).toEqual([[], [], [], []]);
    // The first is told to a shell that waited, the other is not.
    for (const command of [
      'setsid sleep 313 >/dev/null 2>&1 & echo $!',
      ['/bin/sh', '-c', 'setsid sleep 314 & echo $!'],
    ]) {
      const execution = executionOf({ command }, { jobFolder: folder, taskRunId: (lastId += 1) });
      await executor.execute(execution);
      const pid = Number(execution.log.text('stdout'));
      expect([rests.pop(), isAlive(pid)]).toEqual([[pid], false]);
    }
  });

  test('a launcher that is killed loses the exit code and nothing else: what ran is stopped, what comes runs', async () => {
    const pid = await launcher();
    const execution = attempt(`setsid sleep 310 >/dev/null 2>&1 & echo begun; sleep 311`, {});
    const ending = executor.execute(execution);
    await execution.log.until((log) => log.text('stdout').includes('begun'));
    process.kill(pid, 'SIGKILL');
    expect(await ending).toEqual({ kind: 'lost', reason: expect.stringMatching(/ended by somebody/) });
    const { pid: leader, pidStartedAt } = execution.traces[0]!;
    const mark = `NIGHTJAR_TASK_RUN=${folder.slice(-6)}-7-${execution.taskRunId}`;
    expect(await findTree({ leader: leader!, startedAt: pidStartedAt!, mark })).toEqual([]);
    expect(await starterOf()).not.toBe(pid);
  });

  test('a launcher that is killed before the gate opens has run nothing', async () => {
    const pid = await launcher();
    const execution = attempt('touch ran', { leaveTrace: () => process.kill(pid, 'SIGKILL') });
    expect(await executor.execute(execution)).toMatchObject({ kind: 'lost' });
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  test('signals that reach all processes of a service leave the launcher to its work', async () => {
    const pid = await launcher();
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(pid, signal);
    expect(await starterOf('sleep 0.1; echo $PPID')).toBe(pid);
  });

  test('where no launcher can be started, or it says nothing, commands are started here', async () => {
    const ports: StartLauncher[] = [
      () => {
        throw new Error('there can be none');
      },
      () => ({ send() {}, onAnswer() {}, onEnd: (tell) => void setTimeout(tell, 20), holdUs() {} }),
    ];
    for (const port of ports) {
      await executor.close();
      executor = make(port);
      const starters = await Promise.all(Array.from({ length: 8 }, () => starterOf()));
      expect(new Set(starters)).toEqual(new Set([process.pid]));
    }
  });

  test('a launcher that never answers is waited for ten seconds', async () => {
    const sent: string[] = [];
    await executor.close();
    executor = make(() => ({ send: ({ do: what }) => void sent.push(what), onAnswer() {}, onEnd() {}, holdUs() {} }));
    await Promise.all(Array.from({ length: 4 }, () => starterOf()));
    const starting = starterOf();
    await expect.poll(() => sent).toEqual(['make-pipes']);
    clock.advance(9_999);
    expect(sent).toEqual(['make-pipes']);
    clock.advance(1);
    expect(await starting).toBe(process.pid);
    expect(sent).toEqual(['make-pipes', 'end']);
    // Where many start again, so is another.
    await Promise.all(Array.from({ length: 4 }, () => starterOf()));
    const again = starterOf();
    await expect.poll(() => sent).toEqual(['make-pipes', 'end', 'make-pipes']);
    clock.advance(10_000);
    await again;
  });

  test('a launcher without work for a minute is ended, one with work is not', async () => {
    const pid = await launcher();
    const stop = new AbortController();
    const execution = attempt('echo begun; sleep 312', { signal: stop.signal });
    const ending = executor.execute(execution);
    await execution.log.until((log) => log.text('stdout').includes('begun'));
    clock.advance(60_000);
    expect(isAlive(pid)).toBe(true);
    stop.abort();
    await ending;
    expect(await starterOf()).toBe(pid);
    clock.advance(59_999);
    expect(isAlive(pid)).toBe(true);
    clock.advance(1);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(await starterOf()).not.toBe(process.pid);
  });

  test('a launcher ends with whoever it works for, and leaves nobody behind a gate', async () => {
    const modules = new URL('../../../electron/scheduler/executor/', import.meta.url).href;
    const here = new URL('.', import.meta.url).href;
    const code = `
    const { createProcessExecutor } = await import('${modules}process.ts');
    const { launcherOfNode } = await import('${modules}fork-launcher.ts');
    const { systemClock: clock } = await import('${modules}../clock.ts');
    const { executionOf } = await import('${here}execution.ts');
    const executor = createProcessExecutor({
      dataId: 'launch', clock, hostEnvironment: async () => ({ PATH: process.env.PATH }), startLauncher: launcherOfNode,
    });
    const of = (command, rest) => executionOf({ command }, { jobFolder: process.cwd(), ...rest });
    await Promise.all(Array.from({ length: 8 }, () => executor.execute(of('true'))));
    const asked = of('echo $PPID');
    await executor.execute(asked);
    console.log(asked.log.text('stdout'));
    await executor.execute(of('touch ran', { leaveTrace: () => process.kill(process.pid, 'SIGKILL') }));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(child, 'close');
    const pid = Number(said);
    expect(pid).toBeGreaterThan(0);
    expect(pid).not.toBe(child.pid);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});
