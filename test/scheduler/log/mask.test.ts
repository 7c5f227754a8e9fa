import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Mask } from '../../../electron/scheduler/log/mask.ts';

const masked = (text: string, ...secrets: string[]) =>
  Buffer.from(Mask.of(secrets)!.apply(Buffer.from(text))).toString();
const HIDDEN = '•••••';

test('a secret is masked wherever it is, and nothing else', () => {
  expect(masked('user=me password=hunter2, again hunter2', 'hunter2')).toBe(
    `user=me password=${HIDDEN}, again ${HIDDEN}`,
  );
});

test('secrets that overlap leave nothing of either', () => {
  expect(masked('x abcdefghi y', 'abcdef', 'defghi')).toBe(`x ${HIDDEN} y`);
});

test('a secret within a longer one does not leave the rest of the longer one', () => {
  expect(masked('token-1234-extra', 'token-1234', 'token-1234-extra')).toBe(HIDDEN);
});

test('a secret of several lines is masked line by line, but for lines under four characters', () => {
  const key = '-----BEGIN-----\r\nMIIEvQ==\n}\n-----END-----\n';
  expect(masked('a MIIEvQ== b } fQ== -----END-----', key)).toBe(`a ${HIDDEN} b } fQ== ${HIDDEN}`);
});

test('the URL-encoded form is masked, with + or %20 and hex digits of either case', () => {
  const secret = 'p@ss word/ü';
  for (const form of ['p%40ss%20word%2F%C3%BC', 'p%40ss+word%2F%C3%BC', 'p%40ss%20word%2f%c3%bc']) {
    expect(masked(`https://me:${form}@host`, secret)).toBe(`https://me:${HIDDEN}@host`);
  }
});

test('the form that JSON gives a secret is masked', () => {
  expect(masked(JSON.stringify({ key: 'a"quoted\\one' }), 'a"quoted\\one')).toBe(`{"key":"${HIDDEN}"}`);
});

test('base64 of any text around a secret shows nothing that the secret alone decides', () => {
  const secret = 'correct horse battery';
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.boolean(), (before, after, isUrl) => {
      const whole = Buffer.from(before + secret + after).toString(isUrl ? 'base64url' : 'base64');
      const shown = masked(whole, secret);
      expect(shown).toContain(HIDDEN);
      for (const part of shown.split(HIDDEN)) {
        // At either end up to one character is shared with a neighbour.
        for (let i = 0; i < 4; i++)
          expect(Buffer.from(part.slice(i), 'base64').toString()).not.toMatch(/orrect|batter/);
      }
    }),
  );
});

test.each([64, 76])('base64 that is broken into lines of %i shows no line of a secret', (width) => {
  const key = `-----BEGIN KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(6)}\n-----END KEY-----\n`;
  for (const secret of [key, 'a long secret of a single line, '.repeat(6)]) {
    const lines = Buffer.from(secret)
      .toString('base64')
      .match(new RegExp(`.{1,${width}}`, 'g'))!;
    expect(lines.length).toBeGreaterThan(2);
    expect(masked(lines.join('\n'), secret).split('\n').slice(0, -1)).toEqual(lines.slice(1).map(() => HIDDEN));
  }
});

test('of a line that is being written the beginning of a secret is kept back', () => {
  const mask = Mask.of(['swordfish'])!;
  expect(Buffer.from(mask.applyToBegun(Buffer.from('the word is swordf'))).toString()).toBe('the word is ');
  expect(Buffer.from(mask.applyToBegun(Buffer.from('the word is swordplay'))).toString()).toBe('the word is swordplay');
});

test('without secrets there is no mask', () => {
  expect(Mask.of([])).toBeNull();
  expect(Mask.of(['abc'])).toBeNull();
});
