import { Failure } from '../scheduler/failure.ts';
import { usageFailure } from './context.ts';

/** Where a secret is typed or comes from; standard input, but for tests. */
export interface SecretInput extends NodeJS.ReadableStream {
  isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
}

const [INTERRUPT, END, BACKSPACE, DELETE, ERASE_LINE] = ['\u0003', '\u0004', '\b', '\u007f', '\u0015'];

/**
 * A secret, from a prompt that shows nothing of it, or from standard input as it is without one line ending at its end. Several
 * lines come in by standard input only. Fails as `usage` where nothing is given.
 */
export async function readSecret(
  name: string,
  input: SecretInput = process.stdin,
  prompt: (text: string) => void = (text) => void process.stderr.write(text),
): Promise<string> {
  const value = input.isTTY === true ? await ask(name, input, prompt) : (await readAll(input)).replace(/\r?\n$/, '');
  if (value === '') throw usageFailure(`${name} was not stored: nothing was given. Type it, or pipe it in.`);
  return value;
}

async function readAll(input: SecretInput): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks).toString('utf8');
}

async function ask(name: string, input: SecretInput, prompt: (text: string) => void): Promise<string> {
  prompt(`${name} (nothing is shown): `);
  const typed = Promise.withResolvers<string>();
  let value = '';
  const take = (text: string): void => {
    for (const character of text) {
      if (character === '\r' || character === '\n' || character === END) return typed.resolve(value);
      if (character === INTERRUPT) return typed.reject(new Failure('cancelled', 'Nothing was stored.'));
      if (character === BACKSPACE || character === DELETE) value = [...value].slice(0, -1).join('');
      else if (character === ERASE_LINE) value = '';
      else value += character;
    }
  };
  input.setRawMode?.(true);
  input.setEncoding('utf8');
  input.on('data', take);
  input.once('end', () => typed.resolve(value));
  try {
    return await typed.promise;
  } finally {
    input.off('data', take);
    input.setRawMode?.(false);
    input.pause();
    prompt('\n');
  }
}
