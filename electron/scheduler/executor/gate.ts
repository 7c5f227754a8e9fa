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
  /** `script`: what a shell is to run that was started without a command. */
  letGo(script?: string): void;
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
  /** The entry of `env` that nobody else's has (kill-tree.ts). */
  readonly mark: string;
}

/** `read` fails at the pipe's end; the command then takes the shell's place, pid and all. */
const GATE = 'IFS= read -r go <&3 || exit 0; exec 3<&-; exec "$@"';
/** PowerShell has no exec and inherits no third pipe: its gate is stdin, and the command stays its child. */
const WINDOWS_GATE = "$ErrorActionPreference = 'Stop'; if ($null -eq [Console]::In.ReadLine()) { exit 0 };";

/** All that a shell has in its environment before it is told a command; never in a command's. */
export const WAITS = 'NIGHTJAR_WAITS';

type Output = readonly [stdout: number, stderr: number];
type Gated<Out extends Output | undefined> = GatedProcess &
  (Out extends undefined ? { readonly stdout: Readable; readonly stderr: Readable } : unknown);

/**
 * Rejects when it cannot be spawned. `output`: the writing ends of its stdout and stderr, which are closed here in any case; without
 * them its output comes by Node's own streams.
 */
export function spawnBehindGate<Out extends Output | undefined>(
  { command, cwd, env }: GatedCommand,
  output: Out,
): Promise<Gated<Out>> {
  const [out, err] = output ?? (['pipe', 'pipe'] as const);
  return process.platform === 'win32'
    ? gated(0, output, () =>
        spawn('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', WINDOWS_GATE + windowsCommand(command)], {
          cwd,
          env,
          stdio: ['pipe', out, err],
          windowsHide: true,
        }),
      )
    : gated(3, output, () =>
        spawn(
          '/bin/sh',
          ['-c', GATE, 'nightjar', ...(typeof command === 'string' ? ['/bin/sh', '-ec', command] : command)],
          {
            cwd,
            env,
            stdio: ['ignore', out, err, 'pipe'],
            detached: true, // setsid: a session and a group of its own.
          },
        ),
      );
}

/**
 * A shell whose gate is its stdin: it runs what comes there once it is all there, and ends where nothing comes. It has an environment,
 * because who looks through the processes takes one without for a program that is just being executed (process-table.ts).
 */
export function spawnShellBehindGate([out, err]: Output): Promise<GatedProcess> {
  return gated(0, [out, err], () =>
    spawn('/bin/sh', [], {
      cwd: '/',
      env: { [WAITS]: '1' },
      stdio: ['pipe', out, err],
      detached: true,
    }),
  );
}

/** `gateFd`: the gate's place among what the child has open. */
async function gated<Out extends Output | undefined>(
  gateFd: 0 | 3,
  output: Out,
  start: () => ChildProcess,
): Promise<Gated<Out>>;
async function gated(gateFd: 0 | 3, output: Output | undefined, start: () => ChildProcess) {
  let child: ChildProcess;
  try {
    child = start();
  } finally {
    output?.forEach((writer) => closeSync(writer));
  }
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.on('error', () => {}); // Only a failed kill or send could come now, and we do neither through it.

  const gate = child.stdio[gateFd] as Writable;
  gate.on('error', () => {}); // It was killed behind the gate; its exit says so.
  const made = {
    pid: child.pid!,
    exited,
    stdout: child.stdout,
    stderr: child.stderr,
    letGo: (script = 'go\n') => void gate.end(script),
    dismiss: () => void gate.end(),
  };
  try {
    return { ...made, startedAt: (await processStartTime(made.pid)) ?? '0' };
  } catch (thrown) {
    made.dismiss();
    throw thrown;
  }
}

function windowsCommand(command: string | readonly string[]): string {
  if (typeof command === 'string')
    return `$PSNativeCommandUseErrorActionPreference = $true; ${command}\nexit $LASTEXITCODE`;
  const quoted = command.map((word) => `'${word.replaceAll("'", "''")}'`);
  return `& ${quoted.join(' ')}; exit $LASTEXITCODE`;
}
