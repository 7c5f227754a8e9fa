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
  /** For the child's stdio. Ours must be closed once the child has its own, or the reader never ends. */
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

/**
 * Pipes that nobody has used yet. Only a program can make them, and to start it costs as much as to start a task: so it makes
 * those of the next tasks too, more of them the sooner they are used up.
 */
export class OutputPipes {
  readonly #ready: Ends[] = [];
  #nextBatch = FIRST_PIPES;
  #making: Promise<boolean> | undefined;

  /** As many pipes as asked for, or undefined where the system can make none (then Node's own sockets have to do). */
  async take(count: number): Promise<readonly OutputPipe[] | undefined> {
    if (process.platform === 'win32') return undefined;
    while (this.#ready.length < count) {
      this.#making ??= this.#make().finally(() => (this.#making = undefined));
      if (!(await this.#making)) return undefined;
    }
    return this.#ready.splice(0, count).map(({ reader, writer }) => ({
      reader: sourceOfPipe(reader),
      writer,
    }));
  }

  close(): void {
    for (const { reader, writer } of this.#ready.splice(0)) {
      closeSync(reader);
      closeSync(writer);
    }
  }

  /** False where it cannot be done. Nothing of it stays in the file system. */
  async #make(): Promise<boolean> {
    const folder = await mkdtemp(join(tmpdir(), 'nightjar-pipe-'));
    const opened: number[] = [];
    try {
      const names = Array.from({ length: this.#nextBatch }, (_, index) => join(folder, String(index)));
      await promisify(execFile)('mkfifo', ['-m', '600', ...names]);
      const made = names.map((name) => {
        // Reading first and without waiting: opening either end alone would block.
        const reader = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
        opened.push(reader);
        const writer = openSync(name, constants.O_WRONLY);
        opened.push(writer);
        return { reader, writer };
      });
      this.#ready.push(...made);
      this.#nextBatch = Math.min(2 * this.#nextBatch, MOST_PIPES);
      return true;
    } catch {
      for (const fd of opened) closeSync(fd);
      return false;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
