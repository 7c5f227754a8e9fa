import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { WAITS, type GatedCommand } from './gate.ts';
import type { StartedCommand } from './start-command.ts';

/** A shell that was started for whatever command comes next. What `letGo` tells it is what it runs. */
export interface WaitingShell extends Omit<StartedCommand, 'letGo'> {
  letGo(script: string, mark: string): void;
}

/** More do not wait: each that starts makes the next one, which takes no longer than a short command. */
const MOST_SHELLS = 4;
/** A command that ends within this is worth the wait. */
const SHORT_MS = 10;

/**
 * Shells that wait for a command, so that a command does not wait for a shell: to start one takes as long as to run a short command. As
 * behind any gate (gate.ts), nothing runs in one before its pid is stored, and it ends when we do.
 */
export class WaitingShells {
  readonly #start: () => Promise<WaitingShell | undefined>;
  readonly #waiting = new Map<number, WaitingShell>();
  #wanted = 1;
  #starting = 0;
  #isClosed = false;

  /** `start`: undefined where none can be had; another is asked for when the next command comes. */
  constructor(start: () => Promise<WaitingShell | undefined>) {
    this.#start = start;
  }

  has(pid: number): boolean {
    return this.#waiting.has(pid);
  }

  /** Undefined where none waits, or the command cannot be told to a shell. */
  async take(command: GatedCommand): Promise<StartedCommand | undefined> {
    const script = scriptOf(command);
    // Asked beside the event loop: a drive that has gone may never answer.
    if (script === undefined || !(await isFolder(command.cwd))) return undefined;
    const [shell] = this.#waiting.values();
    if (shell === undefined) {
      this.#wanted = Math.min(2 * this.#wanted, MOST_SHELLS);
      return undefined;
    }
    this.#waiting.delete(shell.pid);
    return {
      ...shell,
      letGo: () => {
        shell.letGo(script, command.mark);
        this.#refillLater(shell.exited);
      },
    };
  }

  /** Starts as many as are wanted. Asked for behind a command's start, which would wait for it. */
  refill(): void {
    while (!this.#isClosed && this.#waiting.size + this.#starting < this.#wanted) {
      this.#starting++;
      void this.#add();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const shell of this.#waiting.values()) dismiss(shell);
    this.#waiting.clear();
  }

  /** Behind the end of a command, of which the launcher could not tell meanwhile; behind its beginning where it takes longer. */
  #refillLater(ended: Promise<unknown>): void {
    const refill = (): void => {
      clearTimeout(timer);
      this.refill();
    };
    const timer = setTimeout(refill, SHORT_MS).unref();
    void ended.then(refill);
  }

  async #add(): Promise<void> {
    const shell = await this.#start().catch(() => undefined);
    this.#starting--;
    if (shell === undefined) return;
    if (this.#isClosed) return dismiss(shell);
    this.#waiting.set(shell.pid, shell);
    await shell.exited;
    // Somebody has ended it while it waited.
    if (this.#waiting.get(shell.pid) !== shell) return;
    this.#waiting.delete(shell.pid);
    dismiss(shell);
  }
}

function dismiss(shell: WaitingShell): void {
  shell.dismiss();
  shell.stdout.destroy();
  shell.stderr.destroy();
}

/** What some shell computes by itself, or does not let anybody set (dash, bash and BusyBox have been read for it). */
const SHELLS_OWN =
  /^(?:BASH.*|COMP_.*|DIRSTACK|EPOCH.*|EUID|FUNCNAME|GROUPS|HISTCMD|IFS|LINENO|OPT.*|PIPESTATUS|POSIXLY_CORRECT|PPID|RANDOM|SECONDS|SHELLOPTS|SRANDOM|UID)$/;
const MOST_BYTES = 100_000;

/**
 * The command as a shell is told it that has nothing of its environment yet; undefined where a shell could not be told it, or would say
 * something else than the system does. One compound command: where only half of it comes, because we ended, none of it is run.
 */
function scriptOf({ command, cwd, env }: GatedCommand): string | undefined {
  const names = Object.keys(env);
  if (names.some((name) => !/^[A-Za-z_]\w*$/.test(name) || SHELLS_OWN.test(name))) return undefined;
  // What `cd` sets is what a shell finds that is started in the folder.
  const { PWD: _found, OLDPWD, ...variables } = env;
  const script = [
    `{ unset ${WAITS}`,
    `export ${Object.entries(variables).map(assigned).join(' ')}`,
    `cd -P -- ${quoted(cwd)} || exit 126`,
    OLDPWD === undefined ? 'unset OLDPWD' : `export ${assigned(['OLDPWD', OLDPWD])}`,
    `exec </dev/null ${(typeof command === 'string' ? ['/bin/sh', '-ec', command] : command).map(quoted).join(' ')}; }\n`,
  ].join('; ');
  return script.length > MOST_BYTES || script.includes('\0') ? undefined : script;
}

const assigned = ([name, value]: [string, string]): string => `${name}=${quoted(value)}`;

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** One that may be entered. */
function isFolder(path: string): Promise<boolean> {
  return access(`${path}/.`, constants.X_OK).then(
    () => true,
    () => false,
  );
}
