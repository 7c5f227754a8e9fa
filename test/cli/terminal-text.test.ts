import fc from 'fast-check';
import { expect, test } from 'vitest';
import { terminalText } from '../../electron/cli/terminal-text.ts';
import { anyCharacter } from '../support/any-character.ts';
import { processorTime } from '../support/processor-time.ts';

const RED = '\u001b[31m';
const RESET = '\u001b[0m';

test.each([
  ['plain text', 'plain text'],
  ['ünï→字', 'ünï→字'],
  ['a\tb', 'a\tb'],
  ['\u001b]52;c;c2VjcmV0\u0007after', 'after'],
  ['\u001b]52;c;c2VjcmV0\u001b\\after', 'after'],
  ['\u001b]0;title\u0007after', 'after'],
  ['\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['\u001bPq#0;2\u001b\\after', 'after'],
  ['\u001b_apc\u001b\\\u001b^pm\u001b\\\u001bXsos\u001b\\after', 'after'],
  ['before\u001b]52;c;no end', 'before'],
  ['before\u001b]52;\u001b[31mstill inside\u0007after', 'beforeafter'],
  ['\u009d52;c;x\u009cafter', 'after'],
  ['\u009b2Jafter', 'after'],
  ['\u001b[2J\u001b[Hafter', 'after'],
  ['\u001b[?25lafter', 'after'],
  ['\u001b[6nafter', 'after'],
  ['\u001b(Bafter', 'after'],
  ['\u001bcafter', 'after'],
  ['\u0007\b\u007fafter', 'after'],
  ['after\u001b', 'after'],
  ['after\u001b[', 'after'],
  ['after\u001b[31', 'after'],
  [' 10%\r 50%\r100%', '100%'],
  ['100%\r', '100%'],
])('%j is shown as %j', (line, shown) => {
  expect(terminalText(line, false)).toBe(shown);
  expect(terminalText(line, true)).toBe(shown);
});

test('colours are kept for a terminal, and end with the line', () => {
  expect(terminalText(`${RED}red`, true)).toBe(`${RED}red${RESET}`);
  expect(terminalText('\u001b[38;5;196mred\u001b[m', true)).toBe(`\u001b[38;5;196mred\u001b[m${RESET}`);
  expect(terminalText(`${RED}red`, false)).toBe('red');
});

const piece = fc.oneof(
  fc.constantFrom(
    '\u001b',
    '\u001b[',
    '\u001b]',
    '\u001bP',
    '\u009b',
    '\u009d',
    '\u0007',
    '\u001b\\',
    '\r',
    ';',
    '52;c;',
    'm',
    '31m',
    '\\',
    '[',
  ),
  fc.string({ unit: anyCharacter, maxLength: 4 }),
);

test('whatever comes in, nothing but text, tabs and colours goes out', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const line = pieces.join('');
      // eslint-disable-next-line no-control-regex
      const isControl = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;
      expect(terminalText(line, false)).not.toMatch(isControl);
      // eslint-disable-next-line no-control-regex
      expect(terminalText(line, true).replace(/\u001b\[[\d;:]*m/g, '')).not.toMatch(isControl);
    }),
    { numRuns: 300 },
  );
});

test('a line of a megabyte is cleaned in no time', () => {
  const took = processorTime();
  expect(terminalText(`\u001b]52;c;${'A'.repeat(1_048_576)}`, true)).toBe('');
  expect(terminalText('\u001b[31mx'.repeat(150_000), false)).toHaveLength(150_000);
  expect(took()).toBeLessThan(500);
});
