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

const TEXT = 'text/plain; charset=utf-8';

const NOT_BUILT = `<!doctype html><meta charset="utf-8"><title>Nightjar</title>
<p>Nightjar runs, but its window is not built here. Build it with <code>npm run build</code>, then reload this page; the command
line works without it.</p>`;

/** What a GET is answered with: a file, or a text in its place. */
export type StaticAnswer = {
  readonly status: 200 | 400 | 404;
  readonly headers: { readonly 'content-type': string; readonly 'cache-control': string };
} & ({ readonly file: string } | { readonly text: string });

/**
 * What a folder answers to a path: its file, its index.html where the path names no file, or a sentence. `folder` null, or without
 * an index.html: a page that says how to build it.
 */
export async function findStatic(url: string, folder: string | null): Promise<StaticAnswer> {
  const wanted = wantedPath(url);
  if (wanted === undefined) return sentence(400, 'This address cannot be read.');
  const index = folder === null ? undefined : await findFile(folder, '/index.html');
  if (folder === null || index === undefined) {
    return { status: 200, headers: headersOf(TYPES['.html']!), text: NOT_BUILT };
  }
  const file = path.posix.extname(wanted) === '' ? index : await findFile(folder, wanted);
  const type = file && TYPES[path.extname(file)];
  if (file === undefined || type === undefined) return sentence(404, 'There is no such file.');
  // Vite names what is in assets/ by its content.
  const isNamedByContent = wanted.startsWith('/assets/');
  return {
    status: 200,
    headers: headersOf(type, isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-store'),
    file,
  };
}

/** Answers GET and HEAD over http with `findStatic`. */
export async function sendStatic(
  request: IncomingMessage,
  response: ServerResponse,
  folder: string | null,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return sendText(response, 405, 'Only GET and HEAD are answered here.');
  }
  const answer = await findStatic(request.url ?? '/', folder);
  response.writeHead(answer.status, answer.headers);
  if (request.method === 'HEAD') response.end();
  else if ('text' in answer) response.end(answer.text);
  else await pipeline(createReadStream(answer.file), response);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, headersOf(TEXT)).end(`${text}\n`);
}

function sentence(status: 400 | 404, text: string): StaticAnswer {
  return { status, headers: headersOf(TEXT), text: `${text}\n` };
}

function headersOf(type: string, cacheControl = 'no-store') {
  return { 'content-type': type, 'cache-control': cacheControl };
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
