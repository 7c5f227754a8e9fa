/** A file, folder or link as an archive has it. */
export interface TarEntry {
  /** Relative, with `/`. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link';
  /** Bytes that follow; 0 for all but files. */
  readonly size: number;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  /** Where a link points to. */
  readonly target?: string;
}

const BLOCK = 512;
const TYPE = { file: '0', folder: '5', link: '2' } as const;
/** What eleven octal digits hold. */
const LARGEST_SIZE = 0o77777777777;

/** Two blocks of noughts. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK);

/** The header of an entry, in the format of POSIX (pax): what is too long for the old one is told in an entry before it. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = entry.type === 'folder' ? `${entry.path}/` : entry.path;
  const longer: Record<string, string> = {};
  if (Buffer.byteLength(path) > 100) longer['path'] = path;
  if (Buffer.byteLength(entry.target ?? '') > 100) longer['linkpath'] = entry.target!;
  if (entry.size > LARGEST_SIZE) longer['size'] = String(entry.size);
  const header = plainHeader({ ...entry, path }, TYPE[entry.type]);
  if (Object.keys(longer).length === 0) return header;
  const records = Buffer.concat(Object.entries(longer).map(([key, value]) => record(key, value)));
  const told = plainHeader({ ...entry, path: 'pax', target: '', size: records.length }, 'x');
  return Buffer.concat([told, records, tarPadding(records.length), header]);
}

/** What fills the last block of an entry of this size. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** `LENGTH KEY=VALUE\n`, where the length counts itself. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

/** Everything belongs to root, as Docker's own command line has it: who owned it here says nothing in an image. */
function plainHeader(entry: Omit<TarEntry, 'type'>, type: string): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  Buffer.from(entry.path).subarray(0, 100).copy(header, 0);
  octal(entry.mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(entry.size > LARGEST_SIZE ? 0 : entry.size, 124, 12);
  octal(Math.max(0, Math.floor(entry.modifiedAt)), 136, 12);
  header.write('        ', 148, 'latin1');
  header.write(type, 156, 'latin1');
  Buffer.from(entry.target ?? '')
    .subarray(0, 100)
    .copy(header, 157);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
