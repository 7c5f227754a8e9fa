import type { FileHandle } from 'node:fs/promises';

/** A multiple of the width of an index record, 24, and of a list's entry, 4, so that none crosses a page's border. */
const PAGE_BYTES = 24 * 512;
/** Enough for the pages that several binary searches in one file visit; 768 KiB a file. */
const KEPT_PAGES = 64;

/**
 * A file of fixed-width records of which few are looked at, here and there. Pages are kept, because a binary search comes back
 * to the same ones. It ends where the file ended when it was opened.
 */
export class PagedFile {
  readonly size: number;
  readonly #file: FileHandle;
  readonly #pages = new Map<number, Buffer>();

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** The page of the record at an offset, and where in it the record is. */
  async page(offset: number): Promise<{ bytes: Buffer; place: number }> {
    const number = Math.floor(offset / PAGE_BYTES);
    let bytes = this.#pages.get(number);
    if (!bytes) {
      bytes = await this.bytes(number * PAGE_BYTES, PAGE_BYTES);
      if (this.#pages.size >= KEPT_PAGES) this.#pages.clear();
      this.#pages.set(number, bytes);
    }
    return { bytes, place: offset - number * PAGE_BYTES };
  }

  /** So many bytes, fewer at the end of the file. */
  async bytes(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.size - offset)));
    let done = 0;
    while (done < buffer.length) {
      const { bytesRead } = await this.#file.read(buffer, done, buffer.length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return buffer.subarray(0, done);
  }
}
