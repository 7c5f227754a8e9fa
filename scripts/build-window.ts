import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.dirname(import.meta.dirname);
/** All that the built window depends on. */
const SOURCES = ['renderer', 'electron/api', 'vite.config.ts', 'svelte.config.js', 'package-lock.json'];
const BUILT = path.join(root, 'dist/renderer/index.html');
// Beside the folder that Vite empties; written last, so a build that was cut off is made again.
const STAMP = path.join(root, 'dist/renderer.sources');

/**
 * Builds the window into dist/renderer where it is not there or not of these sources: by content, because a checkout of another
 * branch gives old files new dates. Throws what Vite throws.
 */
export async function buildWindow(): Promise<void> {
  const sources = hashOf(SOURCES);
  if (fs.existsSync(BUILT) && fs.existsSync(STAMP) && fs.readFileSync(STAMP, 'utf8') === sources) return;
  const { build } = await import('vite');
  await build({ configFile: path.join(root, 'vite.config.ts'), logLevel: 'warn' });
  fs.writeFileSync(STAMP, sources);
}

function hashOf(places: readonly string[]): string {
  const hash = createHash('sha256');
  for (const place of places) {
    for (const file of filesOf(path.join(root, place))) {
      hash
        .update(`${path.relative(root, file)}\0`)
        .update(fs.readFileSync(file))
        .update('\0');
    }
  }
  return hash.digest('hex');
}

function filesOf(place: string): string[] {
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [place];
  const names = fs.readdirSync(place).sort();
  return names.flatMap((name) => filesOf(path.join(place, name)));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildWindow();
