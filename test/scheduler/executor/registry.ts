import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A registry on this machine (engines trust 127.0.0.0/8 without TLS) with one image of one layer, under any name and tag. */
export class Registry {
  /** Wanted from whoever pulls, as `user:password`. */
  password: string | null = null;
  /** How long the layer takes on its way; infinite: it stops half way. */
  layerMs = 0;
  readonly #server = createServer(
    (request, response) => void this.#answer(request.url ?? '', request.headers, response),
  );
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifest: Buffer;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'nightjar-test-'));
    writeFileSync(join(folder, 'noise'), randomBytes(3_000_000));
    const layer = execFileSync('tar', ['-C', folder, '-cf', '-', 'noise'], { maxBuffer: 10_000_000 });
    rmSync(folder, { recursive: true });
    const image = {
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { StopSignal: 'SIGINT' },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    };
    const docker = 'application/vnd.docker';
    this.#manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: `${docker}.distribution.manifest.v2+json`,
        config: { mediaType: `${docker}.container.image.v1+json`, ...this.#store(Buffer.from(JSON.stringify(image))) },
        layers: [{ mediaType: `${docker}.image.rootfs.diff.tar.gzip`, ...this.#store(gzipSync(layer)) }],
      }),
    );
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #store(blob: Buffer): { size: number; digest: string } {
    const digest = digestOf(blob);
    this.#blobs.set(digest, blob);
    return { size: blob.length, digest };
  }

  async #answer(url: string, headers: { readonly authorization?: string }, response: ServerResponse): Promise<void> {
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
    if (this.password !== null && headers.authorization !== `Basic ${Buffer.from(this.password).toString('base64')}`) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="ours"' }).end();
      return;
    }
    if (url.includes('/manifests/')) {
      const type = 'application/vnd.docker.distribution.manifest.v2+json';
      response.writeHead(200, {
        'Content-Type': type,
        'Content-Length': this.#manifest.length,
        'Docker-Content-Digest': digestOf(this.#manifest),
      });
      response.end(this.#manifest);
      return;
    }
    const blob = this.#blobs.get(url.slice(url.lastIndexOf('/') + 1));
    if (blob === undefined) {
      response.writeHead(url === '/v2/' ? 200 : 404).end();
      return;
    }
    response.writeHead(200, { 'Content-Length': blob.length });
    const parts = blob.length > 1_000_000 && this.layerMs > 0 ? 20 : 1;
    for (let part = 0; part < parts; part++) {
      response.write(blob.subarray((blob.length * part) / parts, (blob.length * (part + 1)) / parts));
      if (parts === 1) continue;
      if (this.layerMs === Number.POSITIVE_INFINITY && part === 10) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(this.layerMs, 60_000) / parts));
    }
    response.end();
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
