import type { Growth } from './row.ts';

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 64;
const BOTTOM = 44;
const RIGHT = 168;
const TOP = 36;
/** Told apart in light and dark, and by people who see no red. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#7f7f7f', '#b8860b'];

/** Cost against size as an SVG, both axes logarithmic: a flat line is a cost that does not grow. */
export function plot({ title, of, series }: Growth): string {
  const sizes = series.flatMap(({ points }) => points.map(([size]) => size));
  const costs = series.flatMap(({ points }) => points.map(([, cost]) => Math.max(cost, 1e-3)));
  const [xs, ys] = [decades(sizes), decades(costs)];
  const x = (size: number): number => place(size, xs, LEFT, WIDTH - RIGHT);
  const y = (cost: number): number => place(Math.max(cost, 1e-3), ys, HEIGHT - BOTTOM, TOP);
  const lines = series.map(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length] as string;
    const dashes = i < COLOURS.length ? '' : ' stroke-dasharray="5 3"';
    const path = points
      .map(([size, cost], at) => `${at === 0 ? 'M' : 'L'}${x(size).toFixed(1)} ${y(cost).toFixed(1)}`)
      .join('');
    const dots = points.map(
      ([size, cost]) => `<circle cx="${x(size).toFixed(1)}" cy="${y(cost).toFixed(1)}" r="3" fill="${colour}"/>`,
    );
    const legendY = TOP + 14 + i * 18;
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"${dashes}/>${dots.join('')}
<path d="M${WIDTH - RIGHT + 14} ${legendY - 4}h16" stroke="${colour}" stroke-width="2"${dashes}/>
<text x="${WIDTH - RIGHT + 36}" y="${legendY}">${escaped(name)}</text>`;
  });
  const grid = [
    ...xs.map(
      (decade) => `<path class="grid" d="M${x(10 ** decade)} ${TOP}V${HEIGHT - BOTTOM}"/>
<text x="${x(10 ** decade)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${(10 ** decade).toLocaleString('en')}</text>`,
    ),
    ...ys.map(
      (decade) => `<path class="grid" d="M${LEFT} ${y(10 ** decade)}H${WIDTH - RIGHT}"/>
<text x="${LEFT - 8}" y="${y(10 ** decade) + 4}" text-anchor="end">${msOf(decade)}</text>`,
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">
<style>
text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-weight: 600; font-size: 14px } .grid { stroke: #8884; fill: none }
rect { fill: #fff } @media (prefers-color-scheme: dark) { text { fill: #ddd } rect { fill: #16181d } }
</style>
<rect width="100%" height="100%"/>
<text class="title" x="${LEFT}" y="20">${escaped(title)}</text>
${grid.join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(of)}</text>
${lines.join('\n')}
</svg>
`;
}

function decades(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: Math.max(1, last - first) + 1 }, (_, i) => first + i);
}

function place(value: number, all: readonly number[], from: number, to: number): number {
  const [first, last] = [all[0] as number, all.at(-1) as number];
  return from + ((Math.log10(value) - first) / (last - first)) * (to - from);
}

function msOf(decade: number): string {
  return decade >= 3
    ? `${10 ** (decade - 3)} s`
    : decade >= 0
      ? `${10 ** decade} ms`
      : `${Number(10 ** (decade + 3)).toFixed(0)} µs`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
