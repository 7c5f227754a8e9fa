import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE_BYTES = 8;
/** Red, green and blue; the browser writes a screenshot without transparency. */
const PIXEL_BYTES = 3;

/**
 * The same picture in a quarter less: the browser filters each row for photographs, and the text of a window, which repeats itself
 * to the byte, is packed better as it is. For 8-bit RGB without interlace, which is what screenshots are.
 */
export function smallerPng(png: Buffer): Buffer {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = SIGNATURE_BYTES; at < png.length;) {
    const length = png.readUInt32BE(at);
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  const header = chunks.find(({ type }) => type === 'IHDR')!.data;
  if (header.readUInt8(8) !== 8 || header.readUInt8(9) !== 2) throw new Error('This PNG is not 8-bit RGB.');
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const rows = unfiltered(inflateSync(packed), header.readUInt32BE(0) * PIXEL_BYTES);
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([
    png.subarray(0, SIGNATURE_BYTES),
    ...[
      { type: 'IHDR', data: header },
      { type: 'IDAT', data },
      { type: 'IEND', data: Buffer.alloc(0) },
    ].map(chunkOf),
  ]);
}

/** Undoes the five filters of the PNG specification, row by row, and leaves each row marked as not filtered. */
function unfiltered(bytes: Buffer, width: number): Buffer {
  const stride = width + 1;
  const at = (row: number, x: number): number => (row < 0 || x < 1 ? 0 : bytes[row * stride + x]!);
  for (let row = 0; row * stride < bytes.length; row++) {
    const filter = bytes[row * stride];
    for (let x = 1; x < stride; x++) {
      const [left, up, corner] = [at(row, x - PIXEL_BYTES), at(row - 1, x), at(row - 1, x - PIXEL_BYTES)];
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter!]!;
      bytes[row * stride + x] = bytes[row * stride + x]! + guess;
    }
    bytes[row * stride] = 0;
  }
  return bytes;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((one) => Math.abs(guess - one)) as [number, number, number];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function chunkOf({ type, data }: { type: string; data: Buffer }): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
