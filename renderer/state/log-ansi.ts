/**
 * What a log line's text means on a screen: SGR styles (16, 256 and true colours, bold, dim, italic, underline, struck through,
 * inverse), OSC 8 links, and the bare carriage return, after which a line is written anew. Everything else that a terminal would
 * obey (cursor moves, titles, clipboard writes by OSC 52, device strings) is dropped: a log must not be able to do anything.
 *
 * Every line starts unstyled, although a terminal would carry a colour over: a reader who jumps to line 9,000,000 cannot know
 * what line 1 switched on, and the same line must look the same however one got there.
 */
export type Colour = number | readonly [red: number, green: number, blue: number];

export interface Style {
  /** 0 to 15 of the palette, a true colour, or null for the default. */
  readonly fg: Colour | null;
  readonly bg: Colour | null;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isItalic: boolean;
  readonly isUnderlined: boolean;
  readonly isStruck: boolean;
  readonly isInverse: boolean;
  /** An http or https address; other schemes are dropped, the text stays. */
  readonly href: string | null;
}

export interface Segment {
  readonly text: string;
  readonly style: Style;
}

export const PLAIN: Style = {
  fg: null,
  bg: null,
  isBold: false,
  isDim: false,
  isItalic: false,
  isUnderlined: false,
  isStruck: false,
  isInverse: false,
  href: null,
};

// One control per match: CSI; a string (OSC, DCS, SOS, PM, APC) up to BEL, ST or, where it never ends, the line's end; a two-byte
// escape; any other control character except the tab. ESC \ ends a string, and so does an ESC that begins something else.
const CONTROL =
  // eslint-disable-next-line no-control-regex
  /(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])?|(?:\x1b([\]PX^_])|([\x90\x98\x9d\x9e\x9f]))([^\x07\x1b\x9c]*)(?:\x07|\x1b\\|\x9c|(?=\x1b)|$)|\x1b[ -/]*[0-~]?|[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]/g;

/** The segments that are seen, in order; adjacent ones differ in style. */
export function parseAnsi(text: string): Segment[] {
  // Most lines have no control character at all.
  // eslint-disable-next-line no-control-regex
  if (!/[\x00-\x08\x0a-\x1f\x7f-\x9f]/.test(text)) return text === '' ? [] : [{ text, style: PLAIN }];
  let segments: Segment[] = [];
  let style = PLAIN;
  let start = 0;
  // A line that changes its colour ten thousand times changes it between a few: one object for each, and one step to it.
  const known = new Map<Style, Map<string, Style>>();
  const byContent = new Map([[contentOf(PLAIN), PLAIN]]);
  const sgr = (codes: string): Style => {
    let after = known.get(style);
    if (after === undefined) known.set(style, (after = new Map<string, Style>()));
    let next = after.get(codes);
    if (next !== undefined) return next;
    const made = applySgr(style, codes);
    next = byContent.get(contentOf(made)) ?? made;
    byContent.set(contentOf(next), next);
    after.set(codes, next);
    return next;
  };
  const take = (end: number): void => {
    if (end <= start) return;
    const last = segments.at(-1);
    const piece = text.slice(start, end);
    if (last !== undefined && last.style === style) segments[segments.length - 1] = { text: last.text + piece, style };
    else segments.push({ text: piece, style });
  };
  for (const match of text.matchAll(CONTROL)) {
    take(match.index);
    start = match.index + match[0].length;
    if (match[2] === 'm') style = sgr(match[1] ?? '');
    else if (match[3] === ']' || match[4] === '\x9d') style = applyOsc(style, match[5] ?? '');
    else if (match[0] === '\r') segments = [];
  }
  take(text.length);
  return segments;
}

/** What is read: the text without any sequence, and only what follows the last bare carriage return. */
export function plainText(text: string): string {
  return parseAnsi(text)
    .map((segment) => segment.text)
    .join('');
}

const contentOf = (style: Style): string => Object.values(style).join('|');

function applyOsc(style: Style, content: string): Style {
  const link = /^8;[^;]*;(.*)$/s.exec(content);
  if (link === null) return style;
  const href = /^https?:\/\/\S+$/i.test(link[1]!) ? link[1]! : null;
  return href === style.href ? style : { ...style, href };
}

function applySgr(before: Style, parameters: string): Style {
  // `38:2::r:g:b` is the standard's own form; its empty colour-space field goes, the rest reads like `38;2;r;g;b`.
  const codes = parameters
    .replace(/([34]8:2):[0-9]*:([0-9]+:[0-9]+:[0-9]+)/g, '$1:$2')
    .split(/[;:]/)
    .map((code) => (code === '' ? 0 : Number(code)));
  let style: { -readonly [K in keyof Style]: Style[K] } = { ...before };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === 0) style = { ...PLAIN, href: style.href };
    else if (code === 1) style.isBold = true;
    else if (code === 2) style.isDim = true;
    else if (code === 3) style.isItalic = true;
    else if (code === 4) style.isUnderlined = !(codes[at + 1] === 0 && /4:0/.test(parameters));
    else if (code === 7) style.isInverse = true;
    else if (code === 9) style.isStruck = true;
    else if (code === 21) style.isUnderlined = true;
    else if (code === 22) style.isBold = style.isDim = false;
    else if (code === 23) style.isItalic = false;
    else if (code === 24) style.isUnderlined = false;
    else if (code === 27) style.isInverse = false;
    else if (code === 29) style.isStruck = false;
    else if (code >= 30 && code <= 37) style.fg = code - 30;
    else if (code === 39) style.fg = null;
    else if (code >= 40 && code <= 47) style.bg = code - 40;
    else if (code === 49) style.bg = null;
    else if (code >= 90 && code <= 97) style.fg = code - 82;
    else if (code >= 100 && code <= 107) style.bg = code - 92;
    else if (code === 38 || code === 48) {
      const isIndexed = codes[at + 1] === 5;
      const colour = isIndexed ? indexed(codes[at + 2]) : rgb(codes[at + 2], codes[at + 3], codes[at + 4]);
      at += isIndexed ? 2 : 4;
      if (colour !== null) style[code === 38 ? 'fg' : 'bg'] = colour;
    }
  }
  return style;
}

function rgb(...parts: (number | undefined)[]): Colour | null {
  if (!parts.every((part) => part !== undefined && part >= 0 && part <= 255)) return null;
  return [parts[0]!, parts[1]!, parts[2]!];
}

/** xterm's table of 256: 16 of the palette, a cube of 6, 24 greys. */
function indexed(index: number | undefined): Colour | null {
  if (index === undefined || !(index >= 0 && index <= 255)) return null;
  if (index < 16) return index;
  if (index >= 232) return rgb(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10);
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}
