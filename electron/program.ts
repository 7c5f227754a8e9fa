import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of Nightjar's own package.json, from the sources, from a build and from inside a package alike. */
export function findProgramFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, 'package.json')) && path.dirname(folder) !== folder)
    folder = path.dirname(folder);
  return folder;
}

export function versionOf(programFolder: string): string {
  return String(JSON.parse(readFileSync(path.join(programFolder, 'package.json'), 'utf8')).version);
}
