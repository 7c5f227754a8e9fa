import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const icons = path.join(import.meta.dirname, '..', '..', 'resources', 'icons');
/** Width and height, as a PNG says them in its first chunk. */
const sizeOf = (png: Buffer) => {
  expect(png.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
};

test('the Windows icon holds a picture of each size at the place that its directory says', () => {
  const ico = readFileSync(path.join(icons, 'icon.ico'));
  const sizes = Array.from({ length: ico.readUInt16LE(4) }, (_, index) => {
    const at = 6 + 16 * index;
    const [length, offset] = [ico.readUInt32LE(at + 8), ico.readUInt32LE(at + 12)];
    const [width] = sizeOf(ico.subarray(offset, offset + length));
    expect(ico.readUInt8(at)).toBe(width! % 256);
    return width;
  });
  expect(sizes).toEqual([16, 24, 32, 48, 64, 128, 256]);
});

test('the macOS icon holds all the pictures that it says, and ends where it says', () => {
  const icns = readFileSync(path.join(icons, 'icon.icns'));
  expect(icns.toString('ascii', 0, 4)).toBe('icns');
  expect(icns.readUInt32BE(4)).toBe(icns.length);
  const found: Record<string, number> = {};
  for (let at = 8; at < icns.length; at += icns.readUInt32BE(at + 4)) {
    found[icns.toString('ascii', at, at + 4)] = sizeOf(icns.subarray(at + 8))[0]!;
  }
  const expected = { icp4: 16, icp5: 32, ic11: 32, ic12: 64, ic07: 128, ic08: 256, ic13: 256, ic09: 512, ic14: 512 };
  expect(found).toEqual({ ...expected, ic10: 1024 });
});

test('each tray state is there in each size and ink, and twice as sharp', () => {
  for (const state of ['idle', 'running', 'failed', 'paused', 'engine-down']) {
    for (const ink of ['', '-white']) {
      for (const size of [16, 22, 32]) {
        const file = path.join(icons, 'tray', `${state}${ink}-${size}`);
        expect(sizeOf(readFileSync(`${file}.png`))).toEqual([size, size]);
        expect(sizeOf(readFileSync(`${file}@2x.png`))).toEqual([2 * size, 2 * size]);
      }
    }
  }
});
