import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sourceOfPipe } from './output-source.ts';
import type { OutputSource } from './output-source.ts';

/**
 * A true pipe for a child's output. What Node calls a pipe is a socket, and a socket cannot be opened again by name: there
 * `echo oops > /dev/stderr`, which works in a terminal and under cron, fails with "No such device or address".
 */
export interface OutputPipe {
  readonly reader: OutputSource;
  /** For the child's stdio, in the process that holds it. It must be closed there once the child has its own, or the reader never ends. */
  readonly writer: number;
}

/** Made by the first program, and by the one after that twice as many. */
const FIRST_PIPES = 4;
/** More are not kept ready; each is two open files. */
const MOST_PIPES = 64;

interface Ends {
  readonly reader: number;
  readonly writer: number;
}

/** Makes named pipes and gives their writing ends, by numbers of the process that holds them. Rejects where it can make none. */
type MakeWriters = (names: readonly string[]) => Promise<readonly number[]>;

/** In this process. */
export async function makeWriters(names: readonly string[]): Promise<number[]> {
  await promisify(execFile)('mkfifo', ['-m', '600', ...names]);
  const writers: number[] = [];
  try {
    for (const name of names) {
      // To open the writing end without a reader would wait for one. The reader that stays may come later: nothing is written before.
      const reader = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
      writers.push(openSync(name, constants.O_WRONLY));
      closeSync(reader);
    }
    return writers;
  } catch (thrown) {
    for (const writer of writers) closeSync(writer);
    throw thrown;
  }
}

/**
 * Pipes that nobody has used yet. Only a program can make them, and to start it costs as much as to start a task: so it makes
 * those of the next tasks too, more of them the sooner they are used up.
 */
export class OutputPipes {
  readonly #makeWriters: MakeWriters;
  readonly #closeWriter: (writer: number) => void;
  readonly #ready: Ends[] = [];
  #nextBatch = FIRST_PIPES;
  #making: Promise<boolean> | undefined;

  /** `closeWriter`: of one that nobody has used. */
  constructor(make: MakeWriters = makeWriters, closeWriter: (writer: number) => void = closeSync) {
    this.#makeWriters = make;
    this.#closeWriter = closeWriter;
  }

  /** For stdout and stderr; undefined where the system can make none (then Node's own sockets have to do). */
  async take(): Promise<readonly [OutputPipe, OutputPipe] | undefined> {
    if (process.platform === 'win32') return undefined;
    while (this.#ready.length < 2) {
      this.#making ??= this.#make().finally(() => (this.#making = undefined));
      if (!(await this.#making)) return undefined;
    }
    const [out, err] = this.#ready.splice(0, 2).map(({ reader, writer }) => ({ reader: sourceOfPipe(reader), writer }));
    return [out!, err!];
  }

  close(): void {
    for (const { reader, writer } of this.#ready.splice(0)) {
      closeSync(reader);
      this.#closeWriter(writer);
    }
  }

  /** False where it cannot be done. Nothing of it stays in the file system. */
  async #make(): Promise<boolean> {
    const folder = await mkdtemp(join(tmpdir(), 'nightjar-pipe-'));
    const readers: number[] = [];
    let writers: readonly number[] = [];
    try {
      const names = Array.from({ length: this.#nextBatch }, (_, index) => join(folder, String(index)));
      writers = await this.#makeWriters(names);
      for (const name of names) readers.push(openSync(name, constants.O_RDONLY | constants.O_NONBLOCK));
      this.#ready.push(...readers.map((reader, index) => ({ reader, writer: writers[index]! })));
      this.#nextBatch = Math.min(2 * this.#nextBatch, MOST_PIPES);
      return true;
    } catch {
      for (const reader of readers) closeSync(reader);
      for (const writer of writers) this.#closeWriter(writer);
      return false;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
