import { Failure } from '../failure.ts';
import { SHORTEST_SECRET } from '../log/mask.ts';

/** Bytes. Linux takes no variable over 128 KiB; half of that is more than any key, and leaves room for the name. */
const LONGEST_SECRET = 64 * 1024;

/** Fails with `bad-secret` where a secret of this name cannot become a variable, or its value could not be masked. */
export function checkSecret(name: string, value: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new Failure(
      'bad-secret',
      `\`${name}\` cannot be the name of a variable; use letters, digits and \`_\`, as in \`PGPASSWORD\`.`,
    );
  }
  if (value.length < SHORTEST_SECRET) {
    throw new Failure(
      'bad-secret',
      `${name} was not stored: a secret has at least ${SHORTEST_SECRET} characters, because a shorter one could not be masked in logs.`,
    );
  }
  if (value.includes('\0')) {
    throw new Failure(
      'bad-secret',
      `${name} was not stored: it has a NUL character in it, which no variable can hold.`,
    );
  }
  if (!value.split(/[\r\n]+/).some((line) => line.trim().length >= SHORTEST_SECRET)) {
    throw new Failure(
      'bad-secret',
      `${name} was not stored: none of its lines has ${SHORTEST_SECRET} characters, so that logs could not mask it.`,
    );
  }
  if (Buffer.byteLength(value) > LONGEST_SECRET) {
    throw new Failure('bad-secret', `${name} was not stored: it is longer than ${LONGEST_SECRET / 1024} KiB.`);
  }
}
