import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { processStartTime } from './process-table.ts';

/**
 * A child behind a gate: it exists, so that its pid and start time can be stored, and runs nothing until it is let go. When we
 * die before that, the gate's pipe ends and so does the child. So there is no moment at which a command runs that nobody
 * could find again.
 */
export interface GatedProcess {
  readonly pid: number;
  /** `processStartTime` of it. */
  readonly startedAt: string;
  readonly exited: Promise<ProcessExit>;
  letGo(): void;
  /** Ends it without having run anything. */
  dismiss(): void;
}

/** One of both: `signal` where a signal ended it. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GatedCommand {
  /** A string runs in the system's shell and stops at its first error; a list is executed as it is. */
  readonly command: string | readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** `read` fails at the pipe's end; the command then takes the shell's place, pid and all. */
const GATE = 'IFS= read -r go <&3 || exit 0; exec 3<&-; exec "$@"';
/** PowerShell has no exec and inherits no third pipe: its gate is stdin, and the command stays its child. */
const WINDOWS_GATE = "$ErrorActionPreference = 'Stop'; if ($null -eq [Console]::In.ReadLine()) { exit 0 };";

/**
 * Rejects when it cannot be spawned. `output`: the writing ends of its stdout and stderr, which are closed here in any case; without
 * them its output comes by Node's own streams.
 */
export async function spawnBehindGate<Output extends readonly [number, number] | undefined>(
  { command, cwd, env }: GatedCommand,
  output: Output,
): Promise<
  GatedProcess & (Output extends undefined ? { readonly stdout: Readable; readonly stderr: Readable } : unknown)
>;
export async function spawnBehindGate(
  { command, cwd, env }: GatedCommand,
  output: readonly [number, number] | undefined,
): Promise<GatedProcess & { readonly stdout: Readable | null; readonly stderr: Readable | null }> {
  const isWindows = process.platform === 'win32';
  const [out, err] = output ?? (['pipe', 'pipe'] as const);
  let child: ChildProcess;
  try {
    child = isWindows
      ? spawn('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', WINDOWS_GATE + windowsCommand(command)], {
          cwd,
          env,
          stdio: ['pipe', out, err],
          windowsHide: true,
        })
      : spawn(
          '/bin/sh',
          ['-c', GATE, 'nightjar', ...(typeof command === 'string' ? ['/bin/sh', '-ec', command] : command)],
          {
            cwd,
            env,
            stdio: ['ignore', out, err, 'pipe'],
            detached: true, // setsid: a session and a group of its own.
          },
        );
  } finally {
    output?.forEach((writer) => closeSync(writer));
  }
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.on('error', () => {}); // Only a failed kill or send could come now, and we do neither through it.

  const gate = child.stdio[isWindows ? 0 : 3] as Writable;
  gate.on('error', () => {}); // It was killed behind the gate; its exit says so.
  const gated = {
    pid: child.pid!,
    exited,
    stdout: child.stdout,
    stderr: child.stderr,
    letGo: () => void gate.end('go\n'),
    dismiss: () => void gate.end(),
  };
  try {
    return { ...gated, startedAt: (await processStartTime(gated.pid)) ?? '0' };
  } catch (thrown) {
    gated.dismiss();
    throw thrown;
  }
}

function windowsCommand(command: string | readonly string[]): string {
  if (typeof command === 'string')
    return `$PSNativeCommandUseErrorActionPreference = $true; ${command}\nexit $LASTEXITCODE`;
  const quoted = command.map((word) => `'${word.replaceAll("'", "''")}'`);
  return `& ${quoted.join(' ')}; exit $LASTEXITCODE`;
}
