import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * A true pipe for a child's output. What Node calls a pipe is a socket, and a socket cannot be opened again by name: there
 * `echo oops > /dev/stderr`, which works in a terminal and under cron, fails with "No such device or address".
 */
export interface OutputPipe {
  readonly reader: Socket;
  /** For the child's stdio. Ours must be closed once the child has its own, or the reader never ends. */
  readonly writer: number;
}

/** As many pipes as asked for, or undefined where the system can make none (then Node's own sockets have to do). */
export async function openOutputPipes(count: number): Promise<readonly OutputPipe[] | undefined> {
  if (process.platform === 'win32') return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-pipe-'));
  const opened: number[] = [];
  try {
    const names = Array.from({ length: count }, (_, index) => join(folder, String(index)));
    await promisify(execFile)('mkfifo', ['-m', '600', ...names]);
    const pairs = names.map((name) => {
      // Reading first and without waiting: opening either end alone would block.
      const reader = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
      opened.push(reader);
      const writer = openSync(name, constants.O_WRONLY);
      opened.push(writer);
      return { reader, writer };
    });
    return pairs.map(({ reader, writer }) => ({
      reader: new Socket({ fd: reader, readable: true, writable: false }),
      writer,
    }));
  } catch {
    for (const fd of opened) closeSync(fd);
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
