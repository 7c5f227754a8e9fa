/** The two containers of icons that want no tool of their own, because both take PNGs as they are. */

export interface SquarePng {
  readonly size: number;
  readonly png: Buffer;
}

/** Windows: a header, one directory entry of 16 bytes a picture, then the pictures. 256 is written as 0. */
export function writeIco(pictures: readonly SquarePng[]): Buffer {
  const header = Buffer.alloc(6 + 16 * pictures.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(pictures.length, 4);
  let offset = header.length;
  pictures.forEach(({ size, png }, index) => {
    const at = 6 + 16 * index;
    header.writeUInt8(size % 256, at);
    header.writeUInt8(size % 256, at + 1);
    header.writeUInt16LE(1, at + 4);
    header.writeUInt16LE(32, at + 6);
    header.writeUInt32LE(png.length, at + 8);
    header.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([header, ...pictures.map(({ png }) => png)]);
}

/** Apple's names for a size; `…@2x` of half the size is a name of its own for the same pixels. */
const ICNS_TYPES: Readonly<Record<number, readonly string[]>> = {
  16: ['icp4'],
  32: ['icp5', 'ic11'],
  64: ['ic12'],
  128: ['ic07'],
  256: ['ic08', 'ic13'],
  512: ['ic09', 'ic14'],
  1024: ['ic10'],
};

/** macOS: `icns`, the length of all, then type, length and bytes of each. Sizes that Apple has no name for are left out. */
export function writeIcns(pictures: readonly SquarePng[]): Buffer {
  const chunks = pictures.flatMap(({ size, png }) =>
    (ICNS_TYPES[size] ?? []).map((type) => Buffer.concat([head(type, png.length), png])),
  );
  const body = Buffer.concat(chunks);
  return Buffer.concat([head('icns', body.length), body]);
}

function head(type: string, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.write(type, 'ascii');
  bytes.writeUInt32BE(length + 8, 4);
  return bytes;
}
