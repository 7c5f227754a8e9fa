import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../scheduler/failure.ts';
import { sendText } from './static-files.ts';

export interface OfferedFile {
  readonly name: string;
  readonly open: () => Promise<FileHandle>;
}

const PREFIX = '/offered/';
/** A browser asks at once. */
const OFFERED_FOR_MS = 60_000;
/** Whoever asks for more at a time is no person. */
const MOST_OFFERS = 100;

/**
 * Files that a browser may have once each. A download is a plain GET, and a plain GET carries no token; so who may speak to the
 * API asks there for an address that nobody can guess, that is good for one answer, and that is worth nothing in a history or a log.
 */
export class OfferedFiles {
  readonly #offers = new Map<string, OfferedFile & { readonly untilAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The path of the address. */
  offer(file: OfferedFile): string {
    for (const [ticket, { untilAt }] of this.#offers) {
      if (untilAt <= this.#now() || this.#offers.size >= MOST_OFFERS) this.#offers.delete(ticket);
    }
    const ticket = randomBytes(24).toString('base64url');
    this.#offers.set(ticket, { ...file, untilAt: this.#now() + OFFERED_FOR_MS });
    return `${PREFIX}${ticket}/${encodeURIComponent(file.name)}`;
  }

  /** Answers a request for such an address; false where it is for something else. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { url = '', method } = request;
    if (!url.startsWith(PREFIX)) return false;
    const ticket = url.slice(PREFIX.length).split('/', 1)[0] as string;
    const offer = this.#offers.get(ticket);
    if (method === 'GET') this.#offers.delete(ticket);
    if (offer === undefined || method !== 'GET' || offer.untilAt <= this.#now()) {
      sendText(response, 404, 'This address was good for one download; ask for it again in the window.');
      return true;
    }
    const file = await offer.open().catch((error: unknown) => {
      if (error instanceof Failure) return undefined;
      throw error;
    });
    if (file === undefined) {
      sendText(response, 404, 'This file is gone.');
      return true;
    }
    try {
      const { size } = await file.stat();
      response.writeHead(200, {
        // Never shown: what a task wrote must not become a page of this origin.
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename*=UTF-8''${encoded(offer.name)}`,
        'content-security-policy': "sandbox; default-src 'none'",
        'content-length': size,
        'cache-control': 'no-store',
      });
      // A file that still grows is given out as long as it was.
      if (size === 0) response.end();
      else await pipeline(file.createReadStream({ start: 0, end: size - 1, autoClose: false }), response);
    } finally {
      await file.close();
    }
    return true;
  }
}

/** As RFC 5987 has it, which leaves fewer characters as they are than encodeURIComponent. */
function encoded(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
