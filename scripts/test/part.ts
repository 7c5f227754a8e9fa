import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What one part of `npm test` came to. */
export interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skipped[];
}

export interface Skipped {
  readonly file: string;
  readonly name: string;
}

/** A part that is right or wrong as a whole: the commands run one after another, each counts as one. */
export async function runChecks(commands: readonly (readonly string[])[], limitMs: number): Promise<Result> {
  let failed = 0;
  for (const command of commands) {
    if ((await run(command, limitMs)) !== 0) failed += 1;
  }
  return { passed: commands.length - failed, failed, skipped: [] };
}

/** All tests of one project of vitest.config.ts. */
export async function runProject(project: string, limitMs: number): Promise<Result> {
  const report = path.join(tmpdir(), `nightjar-tests-${process.pid}-${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const code = await run(['vitest', 'run', '--project', project, ...reporters], limitMs);
    const { passed, failed, skipped } = countReport(JSON.parse(await readFile(report, 'utf8')));
    // Errors outside of any test: an unhandled rejection, a worker that died.
    return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped };
  } catch {
    // Without a report vitest was cut off, or never began; what it said is on the screen.
    return { passed: 0, failed: 1, skipped: [] };
  } finally {
    await rm(report, { force: true });
  }
}

/** The tests that a project has, none of them run: what is skipped when what they need is not there. */
export async function listProject(project: string): Promise<readonly Skipped[]> {
  const report = path.join(tmpdir(), `nightjar-tests-${process.pid}-${project}.json`);
  try {
    await run(['vitest', 'list', '--project', project, `--json=${report}`], 120_000);
    return JSON.parse(await readFile(report, 'utf8')) as Skipped[];
  } finally {
    await rm(report, { force: true });
  }
}

/** As vitest's JSON reporter writes it, which is as Jest's did. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export function countReport({ testResults }: Report): Result {
  let passed = 0;
  let failed = 0;
  const skipped: Skipped[] = [];
  for (const { name: file, status, assertionResults } of testResults) {
    // A file that cannot be loaded has no tests to fail.
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) failed += 1;
    for (const test of assertionResults) {
      if (test.status === 'passed') passed += 1;
      else if (test.status === 'failed') failed += 1;
      else skipped.push({ file, name: test.fullName });
    }
  }
  return { passed, failed, skipped };
}

/**
 * Runs one of the project's own programs or a file of it, its output on the screen; resolves with its exit code. What is not done
 * within the limit is killed with everything that it started, and so is what runs when somebody presses Ctrl-C.
 */
export function run(command: readonly string[], limitMs: number): Promise<number> {
  const isWindows = process.platform === 'win32';
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: !isWindows,
      shell: isWindows,
    });
    const kill = (signal: NodeJS.Signals) => {
      // It may have ended in this very moment.
      try {
        process.kill(isWindows ? child.pid! : -child.pid!, signal);
      } catch {
        child.kill(signal);
      }
    };
    const stop = (signal: NodeJS.Signals) => {
      kill(signal);
      process.exit(1);
    };
    const timer = setTimeout(() => {
      console.error(`\n\`${command.join(' ')}\` was not done within ${limitMs / 1_000} s and is killed.`);
      kill('SIGKILL');
    }, limitMs);
    process.once('SIGINT', stop).once('SIGTERM', stop);
    const end = (code: number) => {
      clearTimeout(timer);
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve(code);
    };
    child.once('error', (error) => {
      console.error(`\`${program}\` could not be run: ${error.message}.`);
      end(127);
    });
    child.once('exit', (code) => end(code ?? 1));
  });
}
