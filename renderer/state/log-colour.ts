import type { Colour, Style } from './log-ansi.ts';

/**
 * What a log's colours become on our two grounds. The 8 hues of the palette are tokens; 256 and true colours keep their hue and
 * are moved in lightness alone until they have 4.5:1 on what stands behind them (WCAG 2.2), by day and by night.
 */
type Rgb = readonly [number, number, number];

/** Of tokens.css (a test compares): the ground, the text, and `--a-…` in the order of SGR 30 to 37. */
export const GROUNDS = {
  light: {
    log: '#FFFFFF',
    text: '#1E1C19',
    palette: ['#625D54', '#B4251C', '#176B3C', '#7A5000', '#2C52C4', '#9A2C86', '#0A6676', '#1E1C19'],
  },
  dark: {
    log: '#11151C',
    text: '#E6E9F0',
    palette: ['#A0A8B7', '#FF8A80', '#5DBE8A', '#E3AE4F', '#8CABFF', '#E58FD6', '#5CC4D6', '#E6E9F0'],
  },
} as const;

export interface Paint {
  /** `light-dark(…, …)`, or null for the line's own colour. */
  readonly color: string | null;
  readonly background: string | null;
}

const painted = new Map<string, Paint>();

/** The two CSS colours of a style. Remembered: a log uses few. */
export function paint(style: Style): Paint {
  if (style.fg === null && style.bg === null && !style.isInverse) return { color: null, background: null };
  const key = `${style.fg}|${style.bg}|${style.isInverse}`;
  const known = painted.get(key);
  if (known !== undefined) return known;
  // A log that paints a gradient may bring any number of colours; the table is an aid, not a store.
  if (painted.size > 4_000) painted.clear();
  const [light, dark] = [resolve(style, 'light'), resolve(style, 'dark')];
  const made = {
    color: `light-dark(${css(light.fg)}, ${css(dark.fg)})`,
    background: light.bg === null || dark.bg === null ? null : `light-dark(${css(light.bg)}, ${css(dark.bg)})`,
  };
  painted.set(key, made);
  return made;
}

function resolve(style: Style, theme: 'light' | 'dark'): { fg: Rgb; bg: Rgb | null } {
  const ground = GROUNDS[theme];
  const of = (colour: Colour | null, fallback: string): Rgb =>
    colour === null ? hex(fallback) : typeof colour === 'number' ? hex(ground.palette[colour % 8]!) : colour;
  const fg = of(style.fg, ground.text);
  const bg = style.bg === null ? null : of(style.bg, ground.log);
  if (!style.isInverse) return { fg: raise(fg, bg ?? hex(ground.log)), bg };
  return { fg: raise(bg ?? hex(ground.log), fg), bg: fg };
}

/** The nearest colour of the same hue and chroma, as far as sRGB holds it, that has the contrast on `bg`. */
export function raise(fg: Rgb, bg: Rgb, contrast = 4.5): Rgb {
  if (contrastOf(fg, bg) >= contrast) return fg;
  const { lightness, a, b } = toOklab(fg);
  const towards = (end: 0 | 1): { rgb: Rgb; moved: number } | null => {
    if (contrastOf(end === 1 ? [255, 255, 255] : [0, 0, 0], bg) < contrast) return null;
    let [near, far] = [0, 1];
    // 12 halvings: finer than one step of 255.
    for (let step = 0; step < 12; step++) {
      const middle = (near + far) / 2;
      if (contrastOf(shade(lightness, a, b, end, middle), bg) >= contrast) far = middle;
      else near = middle;
    }
    return { rgb: shade(lightness, a, b, end, far), moved: Math.abs(end - lightness) * far };
  };
  const choices = [towards(0), towards(1)].filter((choice) => choice !== null);
  return choices.sort((one, other) => one.moved - other.moved)[0]?.rgb ?? fg;
}

/** `part` of the way to black or white; the chroma shrinks near the ends, where sRGB has no room for it. */
function shade(lightness: number, a: number, b: number, end: 0 | 1, part: number): Rgb {
  const target = lightness + (end - lightness) * part;
  for (let chroma = 1; chroma > 0; chroma -= 0.1) {
    const rgb = fromOklab(target, a * chroma, b * chroma);
    if (rgb.every((channel) => channel >= -0.5 && channel <= 255.5)) return clamp(rgb);
  }
  return clamp(fromOklab(target, 0, 0));
}

export function contrastOf(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

const linear = (channel: number): number => {
  const part = channel / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
};
const gamma = (part: number): number => 255 * (part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055);
const luminance = ([r, g, b]: Rgb): number => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const clamp = (rgb: Rgb): Rgb =>
  rgb.map((channel) => Math.min(255, Math.max(0, Math.round(channel)))) as unknown as Rgb;
const css = (rgb: Rgb): string => `rgb(${rgb.join(' ')})`;

export function hex(colour: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb;
}

// Oklab (Ottosson 2020): its lightness is the eye's, so moving it alone leaves the hue.
function toOklab(rgb: Rgb): { lightness: number; a: number; b: number } {
  const [r, g, b] = rgb.map(linear) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {
    lightness: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    a: 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    b: 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  };
}

function fromOklab(lightness: number, a: number, b: number): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}
