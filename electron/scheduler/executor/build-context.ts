import { createReadStream } from 'node:fs';
import { lstat, readFile, readdir, readlink, realpath } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { whyUnreadable } from '../failure.ts';
import { parseDockerIgnore } from './dockerignore.ts';
import type { DockerIgnore } from './dockerignore.ts';
import { TAR_END, tarHeader, tarPadding } from './tar.ts';
import type { TarEntry } from './tar.ts';

/** The folder that a build gets, without what `.dockerignore` leaves out. */
export interface BuildContext {
  /** Within the context, with `/`. */
  readonly dockerfile: string;
  /** The Dockerfile's text. */
  readonly text: string;
  /** The context as a tar archive, read while it is sent; an error of the stream says which file could not be read. */
  pack(): Readable;
}

/** @returns a sentence where the folder or the Dockerfile is missing, or the Dockerfile lies outside the folder */
export async function readBuildContext(folder: string, dockerfile: string | null): Promise<BuildContext | string> {
  const name = posix.normalize((dockerfile ?? 'Dockerfile').replaceAll('\\', '/'));
  const file = join(folder, name);
  let text: string;
  try {
    if (!(await lstat(await realpath(folder))).isDirectory()) return `${folder}, which \`build\` names, is no folder.`;
  } catch (error) {
    return `The folder ${folder}, which \`build\` names, cannot be read: ${whyUnreadable(error)}.`;
  }
  try {
    // A link may lead out of the context, where the engine could not follow it.
    const place = relative(await realpath(folder), await realpath(file));
    if (place === '..' || place.startsWith(`..${sep}`))
      return `The Dockerfile ${file} lies outside its context ${folder}.`;
    text = await readFile(file, 'utf8');
  } catch (error) {
    return `The Dockerfile ${file} cannot be read: ${whyUnreadable(error)}.`;
  }
  const ignoreFile = (await readIfThere(`${file}.dockerignore`)) ?? (await readIfThere(join(folder, '.dockerignore')));
  const ignore = parseDockerIgnore(ignoreFile ?? '');
  // The engine needs its Dockerfile, whatever is ignored.
  return { dockerfile: name, text, pack: () => Readable.from(archive(folder, ignore, name), { objectMode: false }) };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined; // Not there, or no file: then nothing is ignored, as for Docker itself.
  }
}

async function* archive(folder: string, ignore: DockerIgnore, always: string): AsyncGenerator<Buffer> {
  for await (const entry of walk(folder, '', ignore, always)) {
    yield tarHeader(entry);
    if (entry.type !== 'file' || entry.size === 0) continue;
    const file = join(folder, entry.path);
    let left = entry.size;
    for await (const chunk of createReadStream(file, { end: entry.size - 1 }) as AsyncIterable<Buffer>) {
      left -= chunk.length;
      yield chunk;
    }
    if (left > 0) throw new Error(`${file} became shorter while it was sent to the engine`);
    yield tarPadding(entry.size);
  }
  yield TAR_END;
}

/** In the order of names, so that the same folder is the same archive. */
async function* walk(folder: string, below: string, ignore: DockerIgnore, always: string): AsyncGenerator<TarEntry> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  for (const found of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === '' ? found.name : `${below}/${found.name}`;
    const isIgnored = ignore.isIgnored(path) && path !== always;
    const isOnTheWay = ignore.hasExceptions || always.startsWith(`${path}/`);
    const isLookedInto = found.isDirectory() && (!isIgnored || isOnTheWay);
    if (!isIgnored) {
      const entry = await entryOf(folder, path);
      if (entry !== undefined) yield entry;
    }
    if (isLookedInto) yield* walk(folder, path, ignore, always);
  }
}

/** Undefined for what an image cannot have: sockets, pipes, devices. */
async function entryOf(folder: string, path: string): Promise<TarEntry | undefined> {
  const file = join(folder, path);
  const stats = await lstat(file);
  // Windows knows no executables; there everything may be run, as Docker has it.
  const mode = process.platform === 'win32' ? 0o755 : stats.mode;
  const same = { path, mode, modifiedAt: stats.mtimeMs / 1000 };
  if (stats.isFile()) return { ...same, type: 'file', size: stats.size };
  if (stats.isDirectory()) return { ...same, type: 'folder', size: 0 };
  if (stats.isSymbolicLink()) {
    return { ...same, type: 'link', size: 0, target: (await readlink(file)).replaceAll(sep, '/') };
  }
  return undefined;
}
