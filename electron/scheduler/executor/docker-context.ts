import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineAddress } from './find-engine.ts';

/** A context of Docker's command line as it keeps them: a folder each, named by the SHA-256 of the context's name. */
interface ContextFile {
  readonly Name?: string;
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
}

/** @returns a sentence with the contexts that there are where this one is not among them, or leads to no engine */
export function dockerContext(folder: string, name: string): EngineAddress[] | string {
  const id = createHash('sha256').update(name).digest('hex');
  const meta = readContext(join(folder, 'contexts', 'meta', id, 'meta.json'));
  if (meta === undefined) {
    const names = dockerContexts(folder);
    const known =
      names.length === 0 ? 'there are none yet; "docker context create" makes one' : `there are ${names.join(', ')}`;
    return `There is no Docker context "${name}": ${known}.`;
  }
  const { Host: host, SkipTLSVerify: isUnverified = false } = meta.Endpoints?.docker ?? {};
  if (!host)
    return `The Docker context "${name}" names no Docker engine; "docker context update ${name}" gives it one.`;
  const certificates = join(folder, 'contexts', 'tls', id, 'docker');
  return [
    {
      host,
      foundBy: `context ${name}`,
      certificates: existsSync(certificates) ? certificates : null,
      ...(isUnverified ? { isUnverified } : {}),
    },
  ];
}

/** The names of all there are, besides `default`. */
export function dockerContexts(folder: string): string[] {
  const all = join(folder, 'contexts', 'meta');
  let ids: string[];
  try {
    ids = readdirSync(all);
  } catch {
    return []; // Nobody has made one.
  }
  return ids.flatMap((id) => readContext(join(all, id, 'meta.json'))?.Name ?? []).toSorted();
}

function readContext(file: string): ContextFile | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined; // Missing, or no JSON: no context either way.
  }
}
