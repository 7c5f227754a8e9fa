import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepUnchanged } from '../../renderer/state/keep-unchanged.ts';

const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test('what is as it was is the same object, whatever place it has now; what differs anywhere is the new one', () => {
  const before = [
    { id: 1, params: { n: '1' }, strip: [{ id: 7, state: 'failed' }], next: null },
    { id: 2, params: { n: '2' }, strip: [], next: 5 },
    { id: 3, params: {}, strip: [], next: null },
  ];
  const after = copyOf([before[2]!, before[0]!, { ...before[1]!, next: null }, { ...before[2]!, id: 4 }]);
  const kept = keepUnchanged(before, after);
  expect(kept).toEqual(after);
  expect(kept.map((item) => before.indexOf(item as (typeof before)[number]))).toEqual([2, 0, -1, -1]);
});

test('a list and an object, a key that is missing and one that is null are not the same', () => {
  const differ = [
    [{ a: [] }, { a: {} }],
    [{ a: null }, {}],
    [{ a: [1] }, { a: [1, 2] }],
    [{ a: 'x' }, { b: 'x' }],
    [{ a: null }, { a: {} }],
  ];
  for (const [one, other] of differ) {
    const after = [{ id: 1, ...other }];
    expect(keepUnchanged([{ id: 1, ...one }], after)[0]).toBe(after[0]);
  }
});

test('whatever came over the wire, the list is what was read', () => {
  const item = fc.record({ id: fc.nat(4), value: fc.jsonValue() });
  fc.assert(
    fc.property(fc.array(item), fc.array(item), (before, after) => {
      expect(keepUnchanged(copyOf(before), copyOf(after))).toEqual(copyOf(after));
    }),
  );
});
