import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** The machine's own Node, often too old to run TypeScript: what `npx nightjar` meets. */
export const OLD_NODE = ['/usr/bin/node', '/usr/local/bin/node'].find((file) => existsSync(file));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Five of them start at a time, on two processors that others may use as well. */
const TIMEOUT_MS = 45_000;

/** Starts the real `bin/nightjar.js`; `ended` resolves when it is gone. It is killed after 45 s. */
export function startNightjar(
  args: readonly string[],
  options: { cwd?: string; environment?: Record<string, string>; node?: string } = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const { MELT_JOBS_HOME: _home, NIGHTJAR_DATA: _data, FORCE_COLOR: _colour, ...inherited } = process.env;
  const child = spawn(options.node ?? process.execPath, [path.join(ROOT, 'bin/nightjar.js'), ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...inherited, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended };
}

export async function nightjar(...[args, options]: Parameters<typeof startNightjar>): Promise<Ended> {
  return startNightjar(args, options).ended;
}
