import { BytePatterns } from './byte-patterns.ts';

/** What stands in a log for a secret. */
export const MASK = Buffer.from('•••••');
/** A shorter one would be found everywhere; whoever declares secrets refuses it (product.md, Logs). */
export const SHORTEST_SECRET = 4;

/**
 * Takes secrets out of a log before anything of it is stored: as they are, in base64 (at each of its three alignments, plain
 * and URL-safe), URL-encoded, and as a JSON string would escape them. A value of several lines is masked line by line, because
 * that is how it comes, and so is the base64 that a program breaks into lines; of its lines, those under four characters stay ("}" is no secret).
 *
 * Matches that overlap are masked as one. No pattern contains a line break, so whole lines can be masked together.
 */
export class Mask {
  /** Bytes: what must be kept back to be sure that a secret which begins before is seen whole. */
  readonly longest: number;
  readonly #patterns: BytePatterns;

  private constructor(patterns: BytePatterns) {
    this.#patterns = patterns;
    this.longest = patterns.longest;
  }

  /** Null where there is nothing to mask: the writer's fast path. */
  static of(secrets: readonly string[]): Mask | null {
    const forms = new Set(secrets.flatMap(formsOf).filter((form) => form.length >= SHORTEST_SECRET));
    if (forms.size === 0) return null;
    return new Mask(
      new BytePatterns(
        [...forms].map((form) => Buffer.from(form)),
        true,
      ),
    );
  }

  /** Start and end of all that is to be masked, in order: [start, end, start, end, …]. */
  ranges(bytes: Uint8Array, from = 0): number[] {
    const ranges: number[] = [];
    for (let start = this.#patterns.find(bytes, from, bytes.length); start >= 0;) {
      const end = start + this.#patterns.foundLength;
      const last = ranges.length - 1;
      if (last > 0 && start < ranges[last]!) ranges[last] = Math.max(end, ranges[last]!);
      else ranges.push(start, end);
      start = this.#patterns.find(bytes, start + 1, bytes.length);
    }
    return ranges;
  }

  /** `bytes` with the mask in place of each secret. */
  apply(bytes: Uint8Array): Uint8Array {
    const ranges = this.ranges(bytes);
    if (ranges.length === 0) return bytes;
    const parts: Uint8Array[] = [];
    let place = 0;
    for (let i = 0; i < ranges.length; i += 2) {
      parts.push(bytes.subarray(place, ranges[i]!), MASK);
      place = ranges[i + 1]!;
    }
    parts.push(bytes.subarray(place));
    return Buffer.concat(parts);
  }

  /** The same for a line that is still being written: a secret that has only begun is left out. */
  applyToBegun(bytes: Uint8Array): Uint8Array {
    return this.apply(bytes.subarray(0, bytes.length - this.#patterns.begunAtEnd(bytes)));
  }
}

function formsOf(secret: string): string[] {
  if (secret.length < SHORTEST_SECRET) return [];
  const pieces = new Set([secret.trim(), ...secret.split(/[\r\n]+/)]);
  return [...pieces]
    .filter((piece) => piece.length >= SHORTEST_SECRET)
    .flatMap((piece) => {
      const url = encodeURIComponent(piece.toWellFormed());
      const form = url.replaceAll('%20', '+');
      const urls = [url, form].flatMap((text) => [text, text.replaceAll(/%../g, (hex) => hex.toLowerCase())]);
      const plain = /[\r\n]/.test(piece) ? [] : [piece];
      return [...plain, JSON.stringify(piece).slice(1, -1), ...urls, ...base64Forms(piece)];
    });
}

/** Characters in which programs break base64 into lines: coreutils and MIME, PEM and openssl. */
const LINES_OF_BASE64 = [76, 64];
/** A shorter last line says too little of the secret, and would be found elsewhere. */
const SHORTEST_LINE_OF_BASE64 = 8;

function linesOf(base64: string, width: number): string[] {
  const lines = base64.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return lines.length < 2 ? [] : lines.filter((line) => line.length >= SHORTEST_LINE_OF_BASE64);
}

/**
 * What is certain to be in the base64 of any text that contains `piece`: with 0, 1 or 2 bytes before it, without the characters
 * at either end that neighbours have a share in. And the whole of it with its padding.
 */
function base64Forms(piece: string): string[] {
  const bytes = Buffer.from(piece);
  const inner = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const whole = bytes.toString('base64');
  const plain = [whole, ...inner, ...LINES_OF_BASE64.flatMap((width) => linesOf(inner[0] as string, width))];
  return plain.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}
