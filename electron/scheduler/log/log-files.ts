import { closeSync, constants, mkdirSync, openSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { Failure, messageOf } from '../failure.ts';
import { indexPath, textPath } from './log-index.ts';

const NEW_OR_OLD = constants.O_RDWR | constants.O_CREAT;

/**
 * So few bytes are written, and the files of a log opened and closed, without a thread: the system's cache takes them in microseconds, in the folder
 * where the database is written the same way. To hand something to a thread takes longer; and where tasks have all processors, the event loop waits
 * until a thread that it woke before has had its turn (glibc's pthread_cond_signal does), 3 to 18 ms, fifty times a minute with forty runs a second.
 */
const SMALL_BYTES = 16 * 1024;
const writeInThread = promisify(write);

/** File descriptors. */
export interface LogFiles {
  readonly text: number;
  readonly index: number;
}

/** Where it is not there yet. Throws what the file system does. */
export function makeLogFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
}

/** Makes what is not there yet, in a folder that is. Throws what the file system does. */
export function openLog(folder: string): LogFiles {
  const text = openSync(textPath(folder), NEW_OR_OLD);
  try {
    return { text, index: openSync(indexPath(folder), NEW_OR_OLD) };
  } catch (error) {
    closeSync(text);
    throw error;
  }
}

/** All of the bytes, at this position of the file. */
export async function writeAt(file: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const [length, at] = [bytes.length - done, position + done];
    if (length <= SMALL_BYTES) done += writeSync(file, bytes, done, length, at);
    else done += (await writeInThread(file, bytes, done, length, at)).bytesWritten;
  }
}

/** What a failed file operation on a log is to the user. */
export function failureOf(error: unknown, folder: string): Failure {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `The disk is full: the log in ${folder} cannot be written. Free some space, then go on.`;
    return new Failure('disk-full', message, { cause: error });
  }
  const message = `The log in ${folder} cannot be written (${messageOf(error)}). Check the disk and the folder's rights.`;
  return new Failure('log-not-writable', message, { cause: error });
}
