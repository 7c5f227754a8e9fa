import { randomInt } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../clock.ts';
import type { ContainerShell, TerminalSize } from '../executor/kept-container.ts';
import { Failure } from '../failure.ts';

export interface ShellsPorts {
  readonly clock: Clock;
  open(taskRunId: number, size: TerminalSize): Promise<ContainerShell>;
  /** There is more to read of a shell, or it has ended. */
  grew(shell: number): void;
  bug(error: unknown): void;
}

/** What a shell has shown, from one place on. */
export interface ShellText {
  readonly from: number;
  readonly text: string;
  /** Why it shows no more; null while it may. Told once all that it showed has been read. */
  readonly ended: string | null;
}

/** Characters that wait to be read before the shell has to wait: a window draws megabytes a second, a gone one nothing. */
const MOST_UNREAD = 512 * 1024;
/** Characters of one answer. */
const MOST_AT_ONCE = 64 * 1024;
/** A window asks now and then even where nothing happens; one that was closed or has crashed does not. */
const UNATTENDED_MS = 5 * 60_000;
const MOST_SHELLS = 16;

interface Session {
  readonly taskRunId: number;
  readonly shell: ContainerShell;
  unread: string;
  /** The place of the first unread character. */
  from: number;
  ended: string | null;
  readAt: number;
}

/**
 * Shells that somebody looks into containers with. Their text is read, not sent: an event only says that there is more, so nothing
 * is lost where events are dropped, and what nobody reads stops the shell and not us. A place that is read from confirms what
 * came before it.
 */
export class Shells {
  readonly #ports: ShellsPorts;
  readonly #sessions = new Map<number, Session>();
  #opening = 0;
  #isClosed = false;
  #cancelLook: (() => void) | undefined;

  constructor(ports: ShellsPorts) {
    this.#ports = ports;
  }

  /** Resolves with the number that the shell is known by. */
  async open(taskRunId: number, size: TerminalSize): Promise<number> {
    if (this.#isClosed) throw noSuchShell();
    if (this.#sessions.size + this.#opening >= MOST_SHELLS) {
      throw new Failure('too-many-shells', `${MOST_SHELLS} shells are open already; close one.`);
    }
    this.#opening += 1;
    try {
      const shell = await this.#ports.open(taskRunId, size);
      if (this.#isClosed) {
        await shell.close();
        throw noSuchShell();
      }
      const id = randomInt(1, 2 ** 47);
      const session = { taskRunId, shell, unread: '', from: 0, ended: null, readAt: this.#ports.clock.now() };
      this.#sessions.set(id, session);
      this.#follow(id, session);
      this.#planLook();
      return id;
    } finally {
      this.#opening -= 1;
    }
  }

  read(id: number, from: number): ShellText {
    const session = this.#get(id);
    session.readAt = this.#ports.clock.now();
    const confirmed = Math.min(Math.max(from - session.from, 0), session.unread.length);
    session.unread = session.unread.slice(confirmed);
    session.from += confirmed;
    if (session.unread.length < MOST_UNREAD) session.shell.terminal.resume();
    const text = session.unread.slice(0, MOST_AT_ONCE);
    const isAll = text.length === session.unread.length;
    return { from: session.from, text, ended: isAll ? session.ended : null };
  }

  write(id: number, text: string): void {
    const { shell, ended } = this.#get(id);
    if (ended === null) shell.terminal.write(text);
  }

  async resize(id: number, size: TerminalSize): Promise<void> {
    const { shell, ended } = this.#get(id);
    if (ended === null) await shell.resize(size);
  }

  /** Ends it, if it has not ended; it is known no more. */
  async close(id: number): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    this.#planLook();
    await session.shell.close();
  }

  /** Ends the shells of a container that goes; who looks at one reads why. */
  endOf(taskRunId: number, why: string): void {
    for (const [id, session] of this.#sessions) if (session.taskRunId === taskRunId) this.#end(id, session, why);
  }

  /** For good. One that is being opened right now is not waited for, and closed when it is open. */
  async closeAll(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#sessions.keys()].map((id) => this.close(id)));
  }

  #get(id: number): Session {
    const session = this.#sessions.get(id);
    if (session !== undefined) return session;
    throw noSuchShell();
  }

  #follow(id: number, session: Session): void {
    // A character may come in two pieces.
    const decoder = new StringDecoder('utf8');
    const { terminal } = session.shell;
    terminal.on('data', (chunk: Buffer) => {
      session.unread += decoder.write(chunk);
      if (session.unread.length >= MOST_UNREAD) terminal.pause();
      this.#ports.grew(id);
    });
    terminal.on('error', () => {}); // `close` follows and says all that matters.
    terminal.on('close', () => this.#end(id, session, 'The shell has ended.'));
    terminal.on('end', () => this.#end(id, session, 'The shell has ended.'));
  }

  #end(id: number, session: Session, why: string): void {
    if (session.ended !== null) return;
    session.ended = why;
    session.shell.close().catch(this.#ports.bug);
    this.#ports.grew(id);
  }

  #planLook(): void {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    if (this.#sessions.size === 0) return;
    this.#cancelLook = this.#ports.clock.after(UNATTENDED_MS / 2, () => {
      const now = this.#ports.clock.now();
      for (const [id, { readAt }] of this.#sessions) {
        if (now - readAt >= UNATTENDED_MS) this.close(id).catch(this.#ports.bug);
      }
      this.#planLook();
    });
  }
}

function noSuchShell(): Failure {
  return new Failure('no-such-shell', 'This shell is closed; open another.');
}
