/**
 * Builds the window into dist/renderer where it is not there or not of these sources: by content, because a checkout of another
 * branch gives old files new dates. Plain JavaScript because prepare.mjs asks it on whatever Node there is; what builds is Vite,
 * on the pinned one.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** All that the built window depends on. */
const SOURCES = ['renderer', 'electron/api', 'vite.config.ts', 'svelte.config.js', 'package-lock.json'];
// Beside the folder that Vite empties; written last, so that a build that was cut off is made again.
const STAMP = path.join(root, 'dist/renderer.sources');

/** Also true where there is no window to build. */
export function isWindowBuilt() {
  if (!existsSync(path.join(root, 'renderer/index.html'))) return true;
  if (!existsSync(path.join(root, 'dist/renderer/index.html')) || !existsSync(STAMP)) return false;
  return readFileSync(STAMP, 'utf8') === hashOfSources();
}

function hashOfSources() {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap(filesOf)) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesOf(place) {
  const stat = statSync(path.join(root, place), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [place];
  const names = readdirSync(path.join(root, place)).sort();
  return names.flatMap((name) => filesOf(`${place}/${name}`));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && !isWindowBuilt()) {
  const sources = hashOfSources();
  // Tests ask for it too, and hand on a NODE_ENV with which Svelte would be its development version: larger and slower.
  process.env.NODE_ENV = 'production';
  const { build } = await import('vite');
  await build({ configFile: path.join(root, 'vite.config.ts'), logLevel: 'warn' });
  writeFileSync(STAMP, sources);
}
