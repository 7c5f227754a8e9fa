import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAnsi, plainText, PLAIN } from '../../renderer/state/log-ansi.ts';
import { contrastOf, GROUNDS, hex, paint, raise } from '../../renderer/state/log-colour.ts';
import { processorTime } from '../support/processor-time.ts';

const E = '\x1b';
const seen = (text: string): [string, object][] =>
  parseAnsi(text).map(({ text: shown, style }) => [
    shown,
    Object.fromEntries(Object.entries(style).filter(([key, value]) => value !== PLAIN[key as keyof typeof PLAIN])),
  ]);

test('text without sequences is one plain segment, and an empty line none', () => {
  expect(seen('just text\twith a tab')).toEqual([['just text\twith a tab', {}]]);
  expect(seen('')).toEqual([]);
});

test('the 16 colours, weights and their ends are read from one sequence or several', () => {
  expect(seen(`${E}[1;31mERROR${E}[0m page ${E}[92m43${E}[39m.`)).toEqual([
    ['ERROR', { isBold: true, fg: 1 }],
    [' page ', {}],
    ['43', { fg: 10 }],
    ['.', {}],
  ]);
  expect(seen(`${E}[3;4;7;9mall${E}[23;24;27;29mnone${E}[m`)).toEqual([
    ['all', { isItalic: true, isUnderlined: true, isInverse: true, isStruck: true }],
    ['none', {}],
  ]);
});

test('256 and true colours are read in the form with semicolons and in the one with colons', () => {
  expect(seen(`${E}[38;5;208mcube${E}[48;5;240mgrey`)[0]).toEqual(['cube', { fg: [255, 135, 0] }]);
  expect(seen(`${E}[48;5;240mgrey`)).toEqual([['grey', { bg: [88, 88, 88] }]]);
  expect(seen(`${E}[38;2;1;2;3mtrue`)).toEqual([['true', { fg: [1, 2, 3] }]]);
  expect(seen(`${E}[38:2::1:2:3mtrue`)).toEqual([['true', { fg: [1, 2, 3] }]]);
  expect(seen(`${E}[38;5;3mnamed`)).toEqual([['named', { fg: 3 }]]);
});

test('a colour that makes no sense changes nothing, and the text stays', () => {
  expect(seen(`${E}[38;5;999mtext${E}[38;2;1mmore${E}[777m!`)).toEqual([['textmore!', {}]]);
});

test('after a bare carriage return only what follows is shown, in the colours that were on', () => {
  expect(seen(`${E}[32m10 %\r50 %\r100 %`)).toEqual([['100 %', { fg: 2 }]]);
});

test('an OSC 8 link to http or https is kept, every other scheme is text alone', () => {
  expect(seen(`see ${E}]8;;https://example.org/a${E}\\docs${E}]8;;${E}\\ now`)).toEqual([
    ['see ', {}],
    ['docs', { href: 'https://example.org/a' }],
    [' now', {}],
  ]);
  expect(seen(`${E}]8;;javascript:alert(1)\x07x${E}]8;;\x07`)).toEqual([['x', {}]]);
  expect(seen(`${E}]8;;file:///etc/passwd\x07x`)).toEqual([['x', {}]]);
});

test('titles, clipboard writes, device strings, cursor moves and other controls are dropped', () => {
  const hostile = `a${E}]0;title\x07b${E}]52;c;ZXZpbA==${E}\\c${E}P1$qm${E}\\d${E}[2J${E}[10;5He${E}cf\x07\x08\x00\u009b31mg${E}(Bh`;
  expect(plainText(hostile)).toBe('abcdefgh');
  expect(plainText(`x${E}]52;c;never ends`)).toBe('x');
  expect(plainText(`y${E}[`)).toBe('y');
  expect(plainText(`z${E}`)).toBe('z');
});

test('a line of 1 MiB with a sequence every few characters is read within 400 ms', () => {
  const line = `${E}[31mab${E}[0mcd`.repeat(80_000);
  // The best of three: the first ones are those of code that is not compiled yet.
  const times = Array.from({ length: 3 }, () => {
    const took = processorTime();
    expect(plainText(line)).toHaveLength(320_000);
    return took();
  });
  expect(Math.min(...times)).toBeLessThan(400);
});

test('the palette is that of tokens.css', () => {
  const css = readFileSync(new URL('../../renderer/styles/tokens.css', import.meta.url), 'utf8');
  const value = (name: string): string[] => {
    const found = new RegExp(`--${name}:\\s*([^;]+);`).exec(css)?.[1] ?? '';
    const alias = /^var\(--(.+)\)$/.exec(found.trim())?.[1];
    return alias === undefined
      ? [...found.matchAll(/#[0-9a-f]{6}/gi)].map((match) => match[0].toUpperCase())
      : value(alias);
  };
  const names = ['text-3', 'a-red', 'a-green', 'a-yellow', 'a-blue', 'a-magenta', 'a-cyan', 'text'];
  expect(names.map((name) => value(name)[0])).toEqual([...GROUNDS.light.palette]);
  expect(names.map((name) => value(name)[1])).toEqual([...GROUNDS.dark.palette]);
  expect(value('log')).toEqual([GROUNDS.light.log, GROUNDS.dark.log]);
  expect(value('text')).toEqual([GROUNDS.light.text, GROUNDS.dark.text]);
});

test('every one of the 256 colours has 4.5:1 on both grounds, on any of the 256 behind it, and inverse', () => {
  const read = (color: string | null): (readonly [number, number, number])[] =>
    [...(color ?? '').matchAll(/rgb\((\d+) (\d+) (\d+)\)/g)].map(([, r, g, b]) => [Number(r), Number(g), Number(b)]);
  const tooLow: string[] = [];
  const grounds = [hex(GROUNDS.light.log), hex(GROUNDS.dark.log)];
  for (let fg = 0; fg < 256; fg++) {
    const style = parseAnsi(`${E}[38;5;${fg}mx`)[0]!.style;
    for (const [theme, colour] of read(paint(style).color).entries())
      if (contrastOf(colour, grounds[theme]!) < 4.5) tooLow.push(`colour ${fg}`);
    const bg = (fg * 7 + 3) % 256;
    for (const codes of [`38;5;${fg};48;5;${bg}`, `48;5;${bg}`, `7;38;5;${fg}`, `7;38;5;${fg};48;5;${bg}`]) {
      const both = paint(parseAnsi(`${E}[${codes}mx`)[0]!.style);
      const [text, behind] = [read(both.color), read(both.background)];
      for (const theme of [0, 1]) if (contrastOf(text[theme]!, behind[theme]!) < 4.5) tooLow.push(codes);
    }
  }
  expect(tooLow).toEqual([]);
});

test('a raised colour keeps its hue', () => {
  const [r, g, b] = raise([255, 255, 0], [255, 255, 255]);
  expect(r).toBeGreaterThan(b + 60);
  expect(g).toBeGreaterThan(b + 60);
  expect(raise([0, 0, 0], [255, 255, 255])).toEqual([0, 0, 0]);
});
