/**
 * Whether dist/electron was built of the sources that are here now. Told by the size and the date of each of them, as git tells
 * it, because every start of the command line asks: 300 files cost 3 ms, their contents ten times as much.
 *
 * Plain JavaScript, for whatever Node the machine has (18 and later): bin/nightjar.js asks, and so does prepare.mjs.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** All that the built program depends on. */
const SOURCES = ['electron', 'bin/v8-settings.js', 'scripts/build-desktop.ts', 'package-lock.json'];
// Beside the folder that the build empties; written last, so that a build that was cut off is made again.
const STAMP = path.join(root, 'dist/electron.sources.json');

/** A source that came after the build does not count before one that was there imports it, which makes that one another. */
export function isProgramBuilt() {
  try {
    const built = Object.entries(JSON.parse(readFileSync(STAMP, 'utf8')));
    return built.every(([file, version]) => versionOf(file) === version);
  } catch {
    // Never built, or a source is gone.
    return false;
  }
}

/** To be called before the build reads them: a source that is edited meanwhile is not what was built. */
export function lookAtSources() {
  const versions = Object.fromEntries(SOURCES.flatMap(filesOf).map((file) => [file, versionOf(file)]));
  return { stamp: () => writeFileSync(STAMP, JSON.stringify(versions)) };
}

function filesOf(place) {
  if (!statSync(path.join(root, place)).isDirectory()) return [place];
  return readdirSync(path.join(root, place)).flatMap((name) => filesOf(`${place}/${name}`));
}

function versionOf(file) {
  const { size, mtimeMs } = statSync(path.join(root, file));
  return `${size} ${mtimeMs}`;
}
