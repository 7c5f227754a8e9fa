import fc from 'fast-check';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { PlainText } from '../../../electron/scheduler/log/ansi.ts';

const plain = (text: string) => new PlainText(Buffer.from(text)).bytes.toString();

test('colours, links and other sequences are taken out', () => {
  const link = '\x1b]8;;https://example.org\x07here\x1b]8;;\x1b\\';
  expect(plain(`\x1b[1;31mred\x1b[0m ${link} \x1b(Bend`)).toBe('red here end');
  expect(plain('\x1b[1;31mred\x1b[0m')).toBe(stripVTControlCharacters('\x1b[1;31mred\x1b[0m'));
});

test('a sequence that is cut off ends with its line', () => {
  expect(plain('a\x1b[31\nb\x1b]8;;x\nc\x1b')).toBe('a\nb\nc');
});

test('a place of the plain text is found again in the text with sequences, whatever they are', () => {
  const piece = fc.constantFrom('a', 'b', '\n', '\x1b[0m', '\x1b[31', '\x1b', '\x1b]x\x07', 'é', '\x1b(B');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = Buffer.from(pieces.join(''));
      const stripped = new PlainText(text);
      expect([...stripped.bytes].map((_, place) => text[stripped.original(place)])).toEqual([...stripped.bytes]);
      const newlines = (bytes: Buffer) => bytes.filter((byte) => byte === 0x0a).length;
      expect(newlines(stripped.bytes)).toBe(newlines(text));
    }),
  );
});
