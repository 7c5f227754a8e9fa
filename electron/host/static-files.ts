import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What the built renderer consists of; anything else is not served, so that nosniff never meets a guess. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

const NOT_BUILT = `<!doctype html><meta charset="utf-8"><title>Nightjar</title>
<p>Nightjar runs, but its window is not built here. Build it with <code>npm run build</code>, then reload this page; the command
line works without it.</p>`;

/**
 * Answers GET and HEAD with the files of a folder, and with its index.html where a path names no file. `folder` null, or without
 * an index.html: a page that says how to build it.
 */
export async function sendStatic(
  request: IncomingMessage,
  response: ServerResponse,
  folder: string | null,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return sendText(response, 405, 'Only GET and HEAD are answered here.');
  }
  const wanted = wantedPath(request.url ?? '/');
  if (wanted === undefined) return sendText(response, 400, 'This address cannot be read.');
  const index = folder === null ? undefined : await findFile(folder, '/index.html');
  if (folder === null || index === undefined) {
    response.setHeader('content-type', TYPES['.html']!);
    response.setHeader('cache-control', 'no-store');
    response.writeHead(200).end(request.method === 'HEAD' ? undefined : NOT_BUILT);
    return;
  }
  const file = path.posix.extname(wanted) === '' ? index : await findFile(folder, wanted);
  const type = file && TYPES[path.extname(file)];
  if (file === undefined || type === undefined) return sendText(response, 404, 'There is no such file.');
  response.setHeader('content-type', type);
  // Vite names what is in assets/ by its content.
  response.setHeader(
    'cache-control',
    wanted.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-store',
  );
  response.writeHead(200);
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file), response);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.writeHead(status).end(`${text}\n`);
}

function wantedPath(url: string): string | undefined {
  try {
    const wanted = decodeURIComponent(url.replace(/[?#].*$/s, ''));
    return wanted.startsWith('/') && !wanted.includes('\0') && !wanted.includes('\\') ? wanted : undefined;
  } catch {
    // A percent sign that encodes nothing.
    return undefined;
  }
}

/** The real path of a file below the folder; undefined where there is none, or a `..` or a link leads out of the folder. */
async function findFile(folder: string, wanted: string): Promise<string | undefined> {
  try {
    const root = await fs.realpath(folder);
    const file = await fs.realpath(path.join(root, wanted));
    if (!file.startsWith(root + path.sep) || !(await fs.stat(file)).isFile()) return undefined;
    return file;
  } catch {
    // Not there, or not ours to read: for a browser the same.
    return undefined;
  }
}
