import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { OutputPipes } from './output-pipe.ts';
import { sourceOfStream } from './output-source.ts';
import type { OutputSource } from './output-source.ts';

/**
 * A child behind a gate: it exists, so that its pid and start time can be stored, and runs nothing until it is let go. When we
 * die before that, the gate's pipe ends and so does the child. So there is no moment at which a command runs that nobody
 * could find again.
 */
export interface GatedChild {
  readonly pid: number;
  readonly stdout: OutputSource;
  readonly stderr: OutputSource;
  /** 128 + n where a signal ended it. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  letGo(): void;
  /** Ends it without having run anything. */
  dismiss(): void;
}

/** `read` fails at the pipe's end; the command then takes the shell's place, pid and all. */
const GATE = 'IFS= read -r go <&3 || exit 0; exec 3<&-; exec "$@"';
/** PowerShell has no exec and inherits no third pipe: its gate is stdin, and the command stays its child. */
const WINDOWS_GATE = "$ErrorActionPreference = 'Stop'; if ($null -eq [Console]::In.ReadLine()) { exit 0 };";

/** A string runs in the system's shell and stops at its first error; a list is executed as it is. Rejects when it cannot be spawned. */
export async function spawnBehindGate(
  command: string | readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  outputPipes: OutputPipes,
): Promise<GatedChild> {
  const isWindows = process.platform === 'win32';
  const pipes = await outputPipes.take(2);
  await turnToSpawn();
  let child: ChildProcess;
  try {
    const beganAt = performance.now();
    const [out, err] = pipes?.map(({ writer }) => writer) ?? ['pipe' as const, 'pipe' as const];
    child = isWindows
      ? spawn('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', WINDOWS_GATE + windowsCommand(command)], {
          ...options,
          stdio: ['pipe', out, err],
          windowsHide: true,
        })
      : spawn(
          '/bin/sh',
          ['-c', GATE, 'nightjar', ...(typeof command === 'string' ? ['/bin/sh', '-ec', command] : command)],
          {
            ...options,
            stdio: ['ignore', out, err, 'pipe'],
            detached: true, // setsid: a session and a group of its own.
          },
        );
    spawningMs += performance.now() - beganAt;
    const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.on('error', () => {}); // Only a failed kill or send could come now, and we do neither through it.

    const gate = child.stdio[isWindows ? 0 : 3] as Writable;
    gate.on('error', () => {}); // It was killed behind the gate; its exit says so.
    return {
      pid: child.pid!,
      stdout: pipes?.[0]?.reader ?? sourceOfStream(child.stdout!),
      stderr: pipes?.[1]?.reader ?? sourceOfStream(child.stderr!),
      exited,
      letGo: () => void gate.end('go\n'),
      dismiss: () => void gate.end(),
    };
  } catch (thrown) {
    pipes?.forEach(({ reader }) => reader.destroy());
    throw thrown;
  } finally {
    pipes?.forEach(({ writer }) => closeSync(writer));
  }
}

/** Spawning may hold up the event loop so long; a child takes some milliseconds, so sixteen at once would take a tenth of a second. */
const SPAWNING_MS = 8;
let spawningMs = 0;
let ready = Promise.resolve();

/** Resolves when it is this caller's turn to spawn, in the order of the calls. */
function turnToSpawn(): Promise<void> {
  ready = giveWayAfter(ready);
  return ready;
}

async function giveWayAfter(turnBefore: Promise<void>): Promise<void> {
  await turnBefore;
  if (spawningMs < SPAWNING_MS) return;
  await new Promise((resolve) => setImmediate(resolve));
  spawningMs = 0;
}

function windowsCommand(command: string | readonly string[]): string {
  if (typeof command === 'string')
    return `$PSNativeCommandUseErrorActionPreference = $true; ${command}\nexit $LASTEXITCODE`;
  const quoted = command.map((word) => `'${word.replaceAll("'", "''")}'`);
  return `& ${quoted.join(' ')}; exit $LASTEXITCODE`;
}
