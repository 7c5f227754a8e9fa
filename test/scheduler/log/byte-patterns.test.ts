import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BytePatterns } from '../../../electron/scheduler/log/byte-patterns.ts';

const find = (patterns: string[], text: string, isCaseSensitive = true) => {
  const searcher = new BytePatterns(patterns.map(Buffer.from as (text: string) => Buffer), isCaseSensitive);
  const place = searcher.find(Buffer.from(text), 0, Buffer.byteLength(text));
  return place < 0 ? null : [place, searcher.foundLength];
};

test('of patterns that begin at the same place the longest is found', () => {
  expect(find(['abcd', 'abcdef'], '..abcdef')).toEqual([2, 6]);
});

test('letters match in either case unless case matters', () => {
  expect(find(['NeEdle'], 'a nEedlE', false)).toEqual([2, 6]);
  expect(find(['NeEdle'], 'a nEedlE', true)).toBeNull();
});

test('[ and { are no case of each other', () => {
  expect(find(['a[b'], 'a{b', false)).toBeNull();
});

test('a pattern that would reach beyond the end is not found', () => {
  const searcher = new BytePatterns([Buffer.from('xy'), Buffer.from('abcd')], true);
  expect(searcher.find(Buffer.from('abcd'), 0, 3)).toBe(-1);
});

test('any set of patterns is found exactly where the plainest search finds it', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A'), maxLength: 60 });
  const patterns = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'A'), minLength: 2, maxLength: 7 }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(text, patterns, fc.boolean(), fc.nat(10), (inText, all, isCaseSensitive, from) => {
      const fold = (string: string) => (isCaseSensitive ? string : string.toLowerCase());
      const starts = [...inText].map((_, place) => place).filter((place) => place >= from);
      const first = starts.find((place) => all.some((pattern) => fold(inText).startsWith(fold(pattern), place)));
      const searcher = new BytePatterns(
        all.map((pattern) => Buffer.from(pattern)),
        isCaseSensitive,
      );
      expect(searcher.find(Buffer.from(inText), from, inText.length)).toBe(first ?? -1);
      if (first === undefined) return;
      const longest = all.filter((pattern) => fold(inText).startsWith(fold(pattern), first));
      expect(searcher.foundLength).toBe(Math.max(...longest.map((pattern) => pattern.length)));
    }),
    { numRuns: 500 },
  );
});
