import type { Clock } from '../clock.ts';
import type { GatedCommand, GatedProcess, ProcessExit } from './gate.ts';
import type { ProcessRow } from './process-table.ts';

/** What a launcher is asked; `id` tells the questions apart, and those about a command have the id that it was started with. */
export type LauncherRequest =
  | { readonly do: 'make-pipes'; readonly id: number; readonly names: readonly string[] }
  | {
      readonly do: 'start';
      readonly id: number;
      /** Null: a shell that is told what to run when it is let go. */
      readonly command: GatedCommand | null;
      readonly writers: readonly [stdout: number, stderr: number];
    }
  /** A shell is told what to run, and the mark of that. */
  | {
      readonly do: 'letGo';
      readonly id: number;
      readonly script?: string | undefined;
      readonly mark?: string | undefined;
    }
  | { readonly do: 'dismiss'; readonly id: number }
  | { readonly do: 'close-pipe'; readonly writer: number }
  | { readonly do: 'end' };

export type LauncherAnswer =
  | { readonly id: number; readonly writers: readonly number[] }
  | { readonly id: number; readonly started: Pick<GatedProcess, 'pid' | 'startedAt'> }
  | { readonly id: number; readonly failed: string }
  | { readonly id: number; readonly exit: LaunchedExit };

export interface LaunchedExit extends ProcessExit {
  /** What it has left behind (`findRest`), where the launcher has looked: on a busy machine a look holds up who looks for milliseconds. */
  readonly rest?: readonly ProcessRow[] | undefined;
}

/** The process of a launcher, in whatever way the host can have one. */
export interface LauncherProcess {
  /** Nothing happens where it has ended. */
  send(request: LauncherRequest): void;
  onAnswer(take: (answer: LauncherAnswer) => void): void;
  /** Told when nothing more can come of it, after its last answer; more than once maybe. */
  onEnd(tell: () => void): void;
  /** Whether it keeps us running, which it does not until told so. */
  holdUs(isHeld: boolean): void;
}

/** Starts `launcher-process.ts`, whose place is given. */
export type StartLauncher = (file: URL) => LauncherProcess;

/** A command that a launcher has started. `lost`: the launcher ended before it, and nobody will know how it ends. */
export interface LaunchedProcess extends Omit<GatedProcess, 'exited' | 'letGo'> {
  readonly exited: Promise<LaunchedExit | 'lost'>;
  /** `script` and its `mark`: what a shell is to run that was started without a command. */
  letGo(script?: string, mark?: string): void;
}

/** The launcher ended before it answered: what it was asked to start never runs. */
export class LauncherEnded extends Error {
  constructor() {
    super('The process that starts commands has ended.');
  }
}

/** It takes 50 ms to be there, on a busy machine a second. */
const START_LIMIT_MS = 10_000;

/**
 * A small process that starts the commands of tasks for us. To start one, Linux copies the page tables of whoever starts it, and the
 * event loop stands still meanwhile: 4 ms in a process of 100 MB, 1 ms in a small one. What a task is told of and how it is ended
 * do not change: the gate (gate.ts) closes with the launcher, and the launcher ends with us.
 */
export class Launcher {
  readonly #process: LauncherProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<LauncherAnswer>>();
  readonly #running = new Map<number, (exit: LaunchedExit | 'lost') => void>();
  /** Those of them that wait for what they are to run. */
  readonly #resting = new Set<number>();
  readonly #isHere: () => void;
  #lastId = 0;
  #hasEnded = false;

  constructor(clock: Clock, start: StartLauncher, onEnd: () => void) {
    // Built code is JavaScript and has the process's file beside it.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#process = start(new URL(`./launcher-process.${extension}`, import.meta.url));
    this.#process.onAnswer((answer) => this.#take(answer));
    this.#process.onEnd(() => {
      if (this.#hasEnded) return;
      this.#giveUp();
      onEnd();
    });
    this.#isHere = clock.after(START_LIMIT_MS, () => {
      this.close();
      onEnd();
    });
  }

  /** Named pipes, of which it holds the writing ends; the numbers mean something to it alone. Rejects where they cannot be made. */
  async makeWriters(names: readonly string[]): Promise<readonly number[]> {
    return (await this.#ask({ do: 'make-pipes', id: ++this.#lastId, names }, 'writers')).writers;
  }

  /**
   * A command, or for null a shell that is told what to run when it is let go, which until then is nothing that we run. Closes the
   * writing ends on its side in any case. Rejects with `LauncherEnded`, or with why it cannot be spawned.
   */
  async start(
    command: GatedCommand | null,
    writers: readonly [stdout: number, stderr: number],
  ): Promise<LaunchedProcess> {
    const id = ++this.#lastId;
    const exited = new Promise<LaunchedExit | 'lost'>((resolve) => this.#running.set(id, resolve));
    try {
      if (command === null) this.#resting.add(id);
      const { started } = await this.#ask({ do: 'start', id, command, writers }, 'started');
      return {
        ...started,
        exited,
        letGo: (script, mark) => {
          if (this.#resting.delete(id)) this.#process.holdUs(true);
          this.#process.send({ do: 'letGo', id, script, mark });
        },
        dismiss: () => this.#process.send({ do: 'dismiss', id }),
      };
    } catch (thrown) {
      this.#forget(id);
      this.#restIfIdle();
      throw thrown;
    }
  }

  /** Of a pipe that nothing was started with. */
  closeWriter(writer: number): void {
    this.#process.send({ do: 'close-pipe', writer });
  }

  close(): void {
    if (this.#hasEnded) return;
    this.#process.send({ do: 'end' });
    this.#giveUp();
  }

  #giveUp(): void {
    this.#hasEnded = true;
    this.#isHere();
    for (const { reject } of this.#waiting.values()) reject(new LauncherEnded());
    for (const tell of this.#running.values()) tell('lost');
    this.#waiting.clear();
    this.#running.clear();
    this.#resting.clear();
    this.#restIfIdle();
  }

  async #ask<Kind extends 'writers' | 'started'>(request: LauncherRequest & { readonly id: number }, kind: Kind) {
    if (this.#hasEnded) throw new LauncherEnded();
    const waiting = Promise.withResolvers<LauncherAnswer>();
    this.#waiting.set(request.id, waiting);
    this.#process.holdUs(true);
    this.#process.send(request);
    const answer = await waiting.promise;
    if ('failed' in answer) throw new Error(answer.failed);
    if (!(kind in answer)) throw new TypeError(`The launcher was asked for ${kind} and told something else.`);
    return answer as LauncherAnswer & Record<Kind, unknown> as Extract<LauncherAnswer, Record<Kind, unknown>>;
  }

  #take(answer: LauncherAnswer): void {
    this.#isHere();
    if ('exit' in answer) {
      this.#running.get(answer.id)?.(answer.exit);
      this.#forget(answer.id);
    } else {
      this.#waiting.get(answer.id)?.resolve(answer);
      this.#waiting.delete(answer.id);
    }
    this.#restIfIdle();
  }

  #forget(id: number): void {
    this.#running.delete(id);
    this.#resting.delete(id);
  }

  #restIfIdle(): void {
    if (this.#waiting.size === 0 && this.#running.size === this.#resting.size) this.#process.holdUs(false);
  }
}
