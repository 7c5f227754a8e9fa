import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { readSecret, type SecretInput } from '../../electron/cli/read-secret.ts';

/** A terminal at which somebody types; `shown` is what they see. */
function terminal() {
  const modes: boolean[] = [];
  const input: SecretInput = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
  });
  let shown = '';
  const value = readSecret('PGPASSWORD', input, (text) => (shown += text));
  return { type: (text: string) => (input as PassThrough).write(text), value, modes, shown: () => shown };
}

test('what is typed is not shown, and can be corrected', async () => {
  const { type, value, modes, shown } = terminal();
  type('swordfüsh');
  type('\u007f\u007f\u007f');
  type('ish\r');
  expect(await value).toBe('swordfish');
  expect(shown()).toBe('PGPASSWORD (nothing is shown): \n');
  expect(modes).toEqual([true, false]);
});

test('a line that is taken back begins anew, and Ctrl-C stores nothing', async () => {
  const first = terminal();
  first.type('wrong\u0015right one\n');
  expect(await first.value).toBe('right one');
  const second = terminal();
  second.type('half\u0003');
  await expect(second.value).rejects.toMatchObject({ code: 'cancelled' });
  expect(second.modes).toEqual([true, false]);
});

test('from a pipe all lines are taken, without the last line ending', async () => {
  const input = new PassThrough();
  input.end('-----BEGIN-----\nabc\n\n');
  expect(await readSecret('KEY', input)).toBe('-----BEGIN-----\nabc\n');
});

test('nothing at all is a mistake of the command line', async () => {
  const input = new PassThrough();
  input.end('\n');
  await expect(readSecret('KEY', input)).rejects.toMatchObject({ code: 'usage' });
});
