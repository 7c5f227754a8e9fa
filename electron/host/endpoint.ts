import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/**
 * Where the Nightjar of a data folder answers, and the token that it wants: a file that only its owner can read, there as long as
 * the instance that wrote it serves. Access to the API equals a shell.
 */
const endpointSchema = z.object({
  port: z.number().int().min(1).max(65_535),
  token: z.string().regex(/^[\w-]{20,}$/),
  pid: z.number().int(),
  url: z.string(),
});
export type Endpoint = z.output<typeof endpointSchema>;

const fileOf = (dataFolder: string) => path.join(dataFolder, 'endpoint.json');

/** A new token, for one start of one instance: 256 bits that fit into a subprotocol's name. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Says where this instance answers; takes the place of an older instance's endpoint. */
export async function writeEndpoint(dataFolder: string, endpoint: Endpoint): Promise<void> {
  await fs.mkdir(dataFolder, { recursive: true, mode: 0o700 });
  await fs.chmod(dataFolder, 0o700);
  const file = fileOf(dataFolder);
  // By rename, so that nobody reads half of it; never through a file that somebody else made with other rights.
  const fresh = `${file}.${endpoint.pid}`;
  await fs.rm(fresh, { force: true });
  await fs.writeFile(fresh, `${JSON.stringify(endpoint)}\n`, { mode: 0o600, flag: 'wx' });
  await fs.rename(fresh, file);
}

/**
 * Takes it back, unless a newer instance has written its own since, which at a hand-over is in this very moment: so it is taken
 * away first and looked at then, and a newer one's is put back.
 */
export async function removeEndpoint(dataFolder: string, ownToken: string): Promise<void> {
  if ((await readEndpoint(dataFolder))?.token !== ownToken) return;
  const file = fileOf(dataFolder);
  const taken = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    await fs.rename(file, taken);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw thrown;
  }
  try {
    // A link takes no place of a file that is there: then one that is newer still is.
    if ((await readFrom(taken))?.token !== ownToken) await fs.link(taken, file).catch(unlessThere);
  } finally {
    await fs.rm(taken, { force: true });
  }
}

function unlessThere(thrown: NodeJS.ErrnoException): void {
  if (thrown.code !== 'EEXIST') throw thrown;
}

/** Undefined where no instance says that it answers. One that was killed still seems to: only a connection tells. */
export function readEndpoint(dataFolder: string): Promise<Endpoint | undefined> {
  return readFrom(fileOf(dataFolder));
}

async function readFrom(file: string): Promise<Endpoint | undefined> {
  try {
    return endpointSchema.parse(JSON.parse(await fs.readFile(file, 'utf8')));
  } catch (thrown) {
    const isBroken = thrown instanceof SyntaxError || thrown instanceof z.ZodError;
    if (isBroken || (thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
