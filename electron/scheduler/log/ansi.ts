const ESC = 0x1b;
const BEL = 0x07;
const LF = 0x0a;

/** Text without ANSI sequences, and how to find a place of it in the text with them. */
export class PlainText {
  readonly bytes: Buffer;
  /** Places in the plain text before which something was taken out, and how much up to there. Empty where nothing was. */
  readonly #cuts: number[] = [];
  readonly #removed: number[] = [];

  constructor(text: Buffer) {
    let escape = text.indexOf(ESC);
    if (escape < 0) {
      this.bytes = text;
      return;
    }
    const plain = Buffer.allocUnsafe(text.length);
    let length = 0;
    let from = 0;
    while (escape >= 0) {
      length += text.copy(plain, length, from, escape);
      from = endOfSequence(text, escape);
      this.#cuts.push(length);
      this.#removed.push(from - length);
      escape = text.indexOf(ESC, from);
    }
    length += text.copy(plain, length, from);
    this.bytes = plain.subarray(0, length);
  }

  /** Where a place of the plain text is in the text that was given. */
  original(place: number): number {
    let low = 0;
    for (let high = this.#cuts.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (this.#cuts[middle]! <= place) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? place : place + this.#removed[low - 1]!;
  }
}

/** Behind the sequence (ECMA-48) that begins at `start`; it never reaches into the next line. */
function endOfSequence(text: Buffer, start: number): number {
  let place = start + 1;
  const kind = text[place];
  if (kind === 0x5b) {
    // CSI: parameters and intermediates, then one final byte.
    do place++;
    while (text[place]! >= 0x20 && text[place]! <= 0x3f);
  } else if (kind === 0x5d || kind === 0x50 || kind === 0x5f || kind === 0x5e) {
    // OSC, DCS, APC, PM: up to BEL or ESC \.
    do place++;
    while (place < text.length && text[place] !== BEL && text[place] !== ESC && text[place] !== LF);
    if (text[place] === ESC && text[place + 1] === 0x5c) place++;
  } else {
    while (text[place]! >= 0x20 && text[place]! <= 0x2f) place++;
  }
  return place >= text.length || text[place] === LF || text[place] === ESC ? Math.min(place, text.length) : place + 1;
}
