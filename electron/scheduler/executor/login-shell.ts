import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';

/**
 * The environment of the user's login shell. An application started from a dock or a menu has a bare PATH; what the user
 * expects is what a terminal has (the way of VS Code and of fix-path: ask an interactive login shell).
 */

/** A profile that hangs (a prompt, a dead network disk) must not hold up the first task for longer than this. */
const LIMIT_MS = 5_000;
const MARK = '__nightjar_environment__';
/** What the asking shell says of itself. */
const OF_THE_SHELL = new Set(['_', 'SHLVL', 'PWD', 'OLDPWD']);

let known: Promise<Readonly<Record<string, string>>> | undefined;

/** Asked once, and again when somebody has changed a profile; on any failure it is what was known, or that of this process. */
export function loginEnvironment(isAgain = false): Promise<Readonly<Record<string, string>>> {
  const before = known;
  if (before !== undefined && !isAgain) return before;
  known = readLoginEnvironment()
    .catch(() => undefined) // A shell that cannot even be spawned is one that says nothing.
    .then((environment) => environment ?? before ?? definedOnly(process.env));
  return known;
}

/** Undefined where the shell has said nothing useful within the limit. */
export async function readLoginEnvironment(
  shell = process.env['SHELL'] || userInfo().shell || '/bin/sh',
  limitMs = LIMIT_MS,
): Promise<Readonly<Record<string, string>> | undefined> {
  if (process.platform === 'win32') return undefined; // Every Windows program has the user's own PATH.
  const output = await new Promise<string | undefined>((resolve) => {
    // A session of its own: an interactive shell that could see our terminal would take it.
    const child = spawn(shell, ['-ilc', `printf %s ${MARK}; command env -0 || command env; printf %s ${MARK}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    let text = '';
    const finish = (result: string | undefined): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      try {
        if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended by itself.
      }
      resolve(result);
    };
    const timer = setTimeout(finish, limitMs, undefined);
    child.on('error', () => finish(undefined));
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      // Not the pipe's end: what a profile leaves in the background (an ssh-agent) may hold it open for ever.
      const parts = text.split(MARK);
      if (parts.length >= 3) finish(parts[1]);
    });
    child.stdout.on('end', () => finish(undefined));
  });
  return output === undefined ? undefined : parseEnvironment(output);
}

/** Of `env -0`, or of `env` where there is no `-0`: there a line that begins no variable belongs to the one before. */
function parseEnvironment(output: string): Readonly<Record<string, string>> | undefined {
  const entries = output.includes('\0') ? output.split('\0') : output.split(/\n(?=[A-Za-z_][A-Za-z0-9_]*=)/);
  const pairs = entries.flatMap((entry) => {
    const at = entry.indexOf('=');
    return at > 0 ? [[entry.slice(0, at), entry.slice(at + 1)] as const] : [];
  });
  const environment = Object.fromEntries(pairs.filter(([name]) => !OF_THE_SHELL.has(name)));
  return environment['PATH'] ? environment : undefined;
}

function definedOnly(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
