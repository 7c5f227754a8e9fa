/** A pattern that has the two bytes of a block `offset` bytes behind its beginning. */
interface Candidate {
  readonly pattern: Uint8Array;
  readonly offset: number;
}

/**
 * Finds the first of many byte patterns. Of a pattern of m bytes, one pair of neighbours is at one of the places 0, m-1, 2(m-1) …
 * wherever it begins; so only pairs at such places are looked up, in a table of those that some pattern has. The number of
 * patterns hardly matters, and no step waits for the one before it: skipping by a table, as Wu and Manber do, is twice as slow.
 * A `Buffer.indexOf` a pattern would cost one pass each, and knows no case.
 */
export class BytePatterns {
  /** Of the pattern that `find` found last. */
  foundLength = 0;
  readonly longest: number;
  readonly #patterns: readonly Uint8Array[];
  readonly #stride: number;
  readonly #isKnown = new Uint8Array(65_536);
  /** Those that begin first come first, longer ones before shorter ones. */
  readonly #candidates = new Map<number, Candidate[]>();
  readonly #fold = new Uint8Array(256);

  /** Every pattern has at least two bytes. Without `isCaseSensitive` the letters A to Z are equal to a to z. */
  constructor(patterns: readonly Uint8Array[], isCaseSensitive: boolean) {
    for (let byte = 0; byte < 256; byte++) {
      this.#fold[byte] = !isCaseSensitive && byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    }
    this.#patterns = patterns.map((pattern) => pattern.map((byte) => this.#fold[byte]!));
    this.longest = Math.max(...patterns.map((pattern) => pattern.length));
    this.#stride = Math.min(...patterns.map((pattern) => pattern.length)) - 1;
    if (this.#stride < 1) throw new Error('A pattern of fewer than two bytes');
    for (const pattern of this.#patterns) this.#addBlocks(pattern);
    for (const candidates of this.#candidates.values()) {
      candidates.sort((a, b) => b.offset - a.offset || b.pattern.length - a.pattern.length);
    }
  }

  #addBlocks(pattern: Uint8Array): void {
    for (let offset = 0; offset < this.#stride; offset++) {
      for (const first of this.#variants(pattern[offset]!)) {
        for (const second of this.#variants(pattern[offset + 1]!)) {
          const block = (first << 8) | second;
          this.#isKnown[block] = 1;
          const candidates = this.#candidates.get(block) ?? [];
          candidates.push({ pattern, offset });
          this.#candidates.set(block, candidates);
        }
      }
    }
  }

  /** The bytes that count as this one, which is folded already. */
  #variants(folded: number): number[] {
    const upper = folded - 0x20;
    return this.#fold[upper] === folded ? [folded, upper] : [folded];
  }

  /** Where the first pattern within `from` to `to` begins; -1 without one. Of those that begin there it is the longest. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const isKnown = this.#isKnown;
    const stride = this.#stride;
    // Whatever begins at `from` or up to `stride - 1` behind it has a pair here.
    for (let place = from + stride - 1; place + 1 < to; place += stride) {
      const block = (bytes[place]! << 8) | bytes[place + 1]!;
      if (isKnown[block] === 0) continue;
      for (const { pattern, offset } of this.#candidates.get(block)!) {
        const start = place - offset;
        if (start + pattern.length <= to && this.#isAt(bytes, start, pattern)) {
          this.foundLength = pattern.length;
          return start;
        }
      }
    }
    return -1;
  }

  /** How many bytes at the end of `bytes` are the beginning of a pattern that may still go on. */
  begunAtEnd(bytes: Uint8Array): number {
    for (let length = Math.min(bytes.length, this.longest - 1); length > 0; length--) {
      const start = bytes.length - length;
      const isBegun = this.#patterns.some(
        (pattern) => pattern.length > length && this.#isAt(bytes, start, pattern.subarray(0, length)),
      );
      if (isBegun) return length;
    }
    return 0;
  }

  #isAt(bytes: Uint8Array, start: number, pattern: Uint8Array): boolean {
    for (let i = 0; i < pattern.length; i++) {
      if (this.#fold[bytes[start + i]!] !== pattern[i]) return false;
    }
    return true;
  }
}
