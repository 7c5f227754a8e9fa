import { expect, test } from 'vitest';
import { Part } from '../../renderer/state/part.ts';

/** A part whose first `lost` loads fail; `loads` counts all. */
function partLost(lost: number) {
  const counted = { loads: 0 };
  const part = new Part(async () => {
    counted.loads += 1;
    if (counted.loads <= lost) throw new Error('gone');
    return { default: 'here' };
  });
  return { part, counted };
}

test('a part comes once, when it is asked for', async () => {
  const { part, counted } = partLost(0);
  expect(part.known).toBeUndefined();
  expect(counted.loads).toBe(0);
  expect(part.value).toBeUndefined();
  expect(part.value).toBeUndefined();
  await part.load();
  expect([part.value, part.known, counted.loads]).toEqual(['here', 'here', 1]);
});

test('a part that was lost before anybody asked is tried again by who asks', async () => {
  const { part, counted } = partLost(1);
  await part.load();
  expect(part.known).toBeUndefined();
  expect(part.value).toBeUndefined();
  await part.load();
  expect([part.value, counted.loads]).toEqual(['here', 2]);
});
