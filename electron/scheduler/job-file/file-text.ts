import { readFile, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { messageOf } from '../failure.ts';
import type { Problem } from './definition.ts';
import { codeOf, MAX_FILE_BYTES, type FoundFile } from './scan-home.ts';

/** What a file says; a Problem where it cannot be read; null when it went since it was found, which the next look finds out. */
export type FileSays = string | Problem | null;

// Half the processor's time of `node:fs/promises`.
const readBytes = promisify(readFile);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export async function readText(folder: string, file: FoundFile): Promise<FileSays> {
  const refusal = refusalOf(file);
  if (refusal !== null) return refusal;
  try {
    return decoded(file, await readBytes(`${folder}/${file.path}`));
  } catch (thrown) {
    return notRead(file, thrown);
  }
}

/** As `readText`, for a thread that has nothing else to do. */
export function readTextNow(folder: string, file: FoundFile): FileSays {
  const refusal = refusalOf(file);
  if (refusal !== null) return refusal;
  try {
    return decoded(file, readFileSync(`${folder}/${file.path}`));
  } catch (thrown) {
    return notRead(file, thrown);
  }
}

function refusalOf(file: FoundFile): Problem | null {
  if (file.refusal !== null) return problem(file, file.refusal);
  return file.bytes > MAX_FILE_BYTES ? problem(file, 'the file is larger than 1 MiB, which no job file may be') : null;
}

function decoded(file: FoundFile, bytes: Uint8Array): FileSays {
  try {
    return utf8.decode(bytes);
  } catch {
    // TextDecoder's way to say no.
    return problem(file, 'the file is not UTF-8 text; save it in that encoding');
  }
}

function notRead(file: FoundFile, thrown: unknown): FileSays {
  return codeOf(thrown) === 'ENOENT' ? null : problem(file, `the file cannot be read: ${messageOf(thrown)}`);
}

function problem({ path }: FoundFile, message: string): Problem {
  return { file: path, line: 1, column: 1, message, severity: 'error' };
}
