/** A growing row of 32-bit words that is filled, taken, written and given back, so that a long log reuses two of them. */
export class WordBuffer {
  words: Uint32Array;
  length = 0;

  constructor(capacity: number) {
    this.words = new Uint32Array(capacity);
  }

  /** Makes room for `count` more words; returns where they begin. */
  grow(count: number): number {
    const start = this.length;
    this.length += count;
    if (this.length > this.words.length) {
      const grown = new Uint32Array(Math.max(this.length, this.words.length * 2));
      grown.set(this.words);
      this.words = grown;
    }
    return start;
  }

  append({ words, length }: WordBuffer): this {
    const start = this.grow(length);
    this.words.set(words.subarray(0, length), start);
    return this;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.words.buffer, 0, this.length * 4);
  }
}
