import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './row.ts';

export interface Machine {
  readonly date: string;
  readonly processors: string;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
  readonly engine: string;
  readonly peers: string;
}

export interface MeasuredRow {
  readonly file: string;
  readonly title: string;
  readonly machine: Machine;
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/** What was measured last of each row, kept as JSON so that the table can be made anew when one of them is. */
export function readResults(folder: string): MeasuredRow[] {
  const file = join(folder, 'results.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as MeasuredRow[]) : [];
}

export function addRow(rows: MeasuredRow[], row: MeasuredRow): void {
  const at = rows.findIndex(({ file }) => file === row.file);
  if (at < 0) rows.push(row);
  else rows[at] = row;
}

/** RESULTS.md: the table, then how each row came about; `tried.md` is by hand and goes in as it is. */
export function writeResults(folder: string, rows: readonly MeasuredRow[]): void {
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(rows, null, 1)}\n`);
  const notes = rows.flatMap(({ title, notes: own }) => own.map((note) => `- ${title}: ${note}`));
  const tried = readFileSync(join(folder, 'tried.md'), 'utf8').trim();
  const text = `# Speed and scale

Made by \`npm run bench\`; every row is a file beside this one. Absolute times are this machine's and unstable; the ratio counts. It is how many times
better Nightjar is than what ran beside it in the same rounds (where the goal says "its time": how many times as long Nightjar takes), as the median of the
rounds, with the lowest and highest.

${tableOf(rows)}

${notes.join('\n')}

## Growth

![Queue](growth/queue.svg)
![History](growth/history.svg)
![Log](growth/log.svg)
![Jobs](growth/jobs.svg)

## Where and when

${machines(rows)}

${tried}
`;
  writeFileSync(join(folder, 'RESULTS.md'), text);
}

/** In Markdown. */
export function tableOf(rows: readonly MeasuredRow[]): string {
  const lines = rows.flatMap(({ title, findings }) =>
    findings.map(({ what, nightjar, against, ratio, goal, isMet }, i) => {
      const compared = ratio === null ? '' : `${two(ratio.median)} (${two(ratio.low)} to ${two(ratio.high)})`;
      const met = goal === '-' ? '-' : isMet ? 'yes' : '**no**';
      const cells = [i === 0 ? title : '', what, nightjar, against ?? '', compared, goal, met];
      return `| ${cells.join(' | ')} |`;
    }),
  );
  const head = '| Row | What | Nightjar | Against | Ratio | Goal | Met |\n|---|---|---|---|---|---|---|';
  return [head, ...lines].join('\n');
}

function machines(rows: readonly MeasuredRow[]): string {
  const all = new Map(rows.map(({ machine }) => [JSON.stringify(machine), machine]));
  return [...all.values()]
    .map((machine) => {
      const { date, processors, memory, system, node, engine, peers } = machine;
      const own = rows.filter((row) => JSON.stringify(row.machine) === JSON.stringify(machine)).map(({ file }) => file);
      return `- ${date}: ${processors}, ${memory}, ${system}, Node ${node}, Docker ${engine}; ${peers}. ${own.map((file) => `\`${file}\``).join(' ')}`;
    })
    .join('\n');
}

function two(value: number): string {
  return value.toFixed(2);
}
