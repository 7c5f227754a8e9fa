import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { launcherOfNode } from '../../../electron/scheduler/executor/fork-launcher.ts';
import { createProcessExecutor } from '../../../electron/scheduler/executor/process.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { executionOf } from './execution.ts';

let folder: string;
let executor: ReturnType<typeof createProcessExecutor>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-test-'));
  executor = make();
});

afterEach(async () => {
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});

function make() {
  const hostEnvironment = async () => ({ PATH: process.env['PATH']! });
  const ports = { dataId: folder.slice(-6), clock: new FakeClock(0), hostEnvironment };
  return createProcessExecutor({ ...ports, startLauncher: launcherOfNode });
}

async function execute(command: string | string[], environment: Record<string, string> = {}, jobFolder = folder) {
  const execution = executionOf({ command }, { jobFolder, environment, taskRunId: 1 });
  const outcome = await executor.execute(execution);
  return {
    outcome,
    pid: execution.traces[0]?.pid,
    out: execution.log.text('stdout'),
    err: execution.log.text('stderr'),
  };
}

const childrenOf = (pid: number): number[] => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  return children.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'latin1') === '/bin/sh\0');
};

/** Starts so many that a launcher starts the next ones, and resolves with it when a shell waits. */
async function launcherWithShell(): Promise<{ launcher: number; shells: () => number[] }> {
  let launcher = process.pid;
  // The end of one before it may be noticed only now.
  while (launcher === process.pid) {
    await Promise.all(Array.from({ length: 8 }, () => execute('true')));
    launcher = Number((await execute('echo $PPID')).out);
  }
  const shells = (): number[] => childrenOf(launcher);
  await expect.poll(() => shells().length).toBeGreaterThan(0);
  return { launcher, shells };
}

/** Of a command that a shell was told which had waited for one. */
async function told(...of: Parameters<typeof execute>) {
  const { shells } = await launcherWithShell();
  // It may wait before we are told so.
  for (let tries = 0; tries < 50; tries++) {
    const waiting = shells();
    const result = await execute(...of);
    if (result.pid !== undefined && waiting.includes(result.pid)) return result;
  }
  throw new Error('No shell that waited was told the command.');
}

async function startedForIt(...of: Parameters<typeof execute>) {
  await executor.close();
  executor = make();
  return execute(...of);
}

// Elsewhere nothing is started by a launcher (start-command.ts).
describe.skipIf(process.platform !== 'linux')('a shell that waits for a command', () => {
  const odd = {
    QUOTES: `it's "so" \`and\` $HOME \\n \\`,
    LINES: 'one\n two\n\n',
    EMPTY: '',
    WORDS: 'ä ö 🌙 \u0081\u0088',
    PWD: '/elsewhere',
    OLDPWD: '/before',
    lower_case1: '1',
  };

  test.each([
    ['a text', 'env -0 | sort -z; pwd; readlink /proc/self/fd/0; ls /proc/self/fd; echo "$0 $#"; ulimit -n; umask'],
    ['a list', ['env', '-0']],
    ['a list with words that a shell would read', ['printf', '%s|', "it's", '$HOME', '', 'a b', '*', '\\', 'x\ny']],
    ['a text that fails on its second line', 'false\necho never'],
    ['a program that nobody has', 'nosuchprogram --flag'],
    ['a text that is none', 'if ('],
  ])('does with %s what one does that is started for it', async (_what, command) => {
    const inFolder = join(folder, "a folder's");
    await mkdir(inFolder);
    const { pid: _one, ...byShell } = await told(command, odd, inFolder);
    const { pid: _other, ...alone } = await startedForIt(command, odd, inFolder);
    expect(byShell).toEqual(alone);
    // Not two empty texts.
    expect(`${byShell.out}${byShell.err}${JSON.stringify(byShell.outcome)}`).not.toBe('');
  });

  test('is not told what a shell has of its own, or cannot name', async () => {
    const { shells } = await launcherWithShell();
    for (const name of ['UID', 'RANDOM', 'BASH_FUNC_f%%', 'a.b', '1st']) {
      const waiting = shells();
      const { pid, outcome } = await execute(['env'], { [name]: '7' });
      expect(outcome).toEqual({ kind: 'exited', exitCode: 0 });
      expect(waiting).not.toContain(pid);
    }
  });

  test('is not told a command whose folder is not there', async () => {
    await launcherWithShell();
    const gone = join(folder, 'gone');
    const reason = `The working folder ${gone} does not exist.`;
    expect((await execute('true', {}, gone)).outcome).toEqual({ kind: 'could-not-start', reason });
  });

  test('may be ended by anybody: the next command runs', async () => {
    const { shells } = await launcherWithShell();
    for (const pid of shells()) process.kill(pid, 'SIGKILL');
    // One that was ended a moment ago may be told a command yet, which then ends as it did.
    await expect.poll(async () => (await execute('echo here')).out).toBe('here\n');
    await expect.poll(() => shells().length).toBeGreaterThan(0);
  });

  test('ends with its launcher, and with whoever closes the executor', async () => {
    const { launcher, shells } = await launcherWithShell();
    const first = shells();
    process.kill(launcher, 'SIGKILL');
    const isThere = (pid: number): boolean => {
      try {
        return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
      } catch {
        return false;
      }
    };
    await expect.poll(() => first.some(isThere)).toBe(false);
    const again = await launcherWithShell();
    const second = again.shells();
    await executor.close();
    await expect.poll(() => second.some(isThere)).toBe(false);
  });
});
