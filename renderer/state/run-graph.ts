import { combinationOf, shortName } from './combination.ts';
import { groupState, PARTS, taskNote, type TaskRow } from './run-tasks.ts';

/** Sizes of the step graph, in pixels. */
export const NODE = { width: 119, height: 36 } as const;
const COLUMN = 154;
const PITCH = 44;
/** Room for the groups' names. */
const HEAD = 20;

export interface GraphNode {
  readonly key: string;
  /** One task, or the many of a matrix, which are one node. */
  readonly rows: readonly TaskRow[];
  /** Of the many the one that somebody wants to look at. */
  readonly row: TaskRow;
  readonly name: string;
  readonly note: string;
  readonly state: TaskRow['last']['state'];
  readonly x: number;
  readonly y: number;
}

export interface Graph {
  readonly groups: readonly { name: string; x: number }[];
  readonly nodes: readonly GraphNode[];
  /** SVG paths of the edges: all tasks of a group lead to all of the next, drawn as one bus. */
  readonly edges: readonly string[];
  readonly handlers: readonly { key: string; text: string; row: TaskRow; x: number; y: number }[];
  readonly width: number;
  readonly height: number;
}

/** More combinations of one matrix than this are one node. */
const APART = 4;

type Node = Omit<GraphNode, 'x' | 'y'>;

/** Groups are columns, their tasks stand one below another around a common middle; handlers stand under the last column. */
export function graph(groups: readonly string[], rows: readonly TaskRow[], now: number): Graph {
  const columns = groups.map((_, index) =>
    nodesOf(
      rows.filter((row) => row.part === 'step' && row.groupIndex === index),
      now,
    ),
  );
  const tallest = Math.max(1, ...columns.map((column) => column.length));
  const middle = HEAD + (tallest * PITCH - (PITCH - NODE.height)) / 2;
  const yOf = (column: readonly Node[], index: number): number =>
    Math.round(middle + (index - (column.length - 1) / 2) * PITCH - NODE.height / 2);
  const nodes = columns.flatMap((column, x) =>
    column.map((node, index) => ({ ...node, x: x * COLUMN, y: yOf(column, index) })),
  );
  const edges: string[] = [];
  for (let left = 0; left < columns.length - 1; left++) {
    const bus = left * COLUMN + NODE.width + (COLUMN - NODE.width) / 2;
    const ends = [left, left + 1].map((x) => columns[x]!.map((_, index) => yOf(columns[x]!, index) + NODE.height / 2));
    for (const y of ends[0]!) edges.push(bend(left * COLUMN + NODE.width, y, bus, middle));
    for (const y of ends[1]!) edges.push(bend((left + 1) * COLUMN, y, bus, middle));
  }
  const x = Math.max(0, columns.length - 1) * COLUMN;
  const below = Math.max(HEAD, ...nodes.filter((node) => node.x === x).map((node) => node.y + NODE.height + 8));
  const handlers = rows
    .filter((row) => row.part !== 'step')
    .map((row, index) => ({ key: row.key, text: `${PARTS[row.part]}: ${row.name}`, row, x, y: below + index * 32 }));
  const height = Math.max(HEAD + tallest * PITCH, ...handlers.map(({ y }) => y + 30));
  return {
    groups: groups.map((name, index) => ({ name, x: index * COLUMN })),
    nodes,
    edges,
    handlers,
    width: x + NODE.width + 1,
    height,
  };
}

function nodesOf(rows: readonly TaskRow[], now: number): Node[] {
  const matrices = Map.groupBy(rows, ({ name }) => combinationOf(name)?.of);
  return rows.flatMap((row) => {
    const of = combinationOf(row.name)?.of;
    const all = of === undefined ? [row] : matrices.get(of)!;
    if (of === undefined || all.length <= APART) {
      return {
        key: row.key,
        rows: [row],
        row,
        name: shortName(row.name),
        note: taskNote(row, now),
        state: row.last.state,
      };
    }
    if (row !== all[0]) return [];
    const state = groupState(all);
    const isWanted = (wanted: string[]) => all.find(({ last }) => wanted.includes(last.state));
    const worst = isWanted(['failed', 'timed-out']) ?? isWanted([state]) ?? row;
    return { key: row.key, rows: all, row: worst, name: of, note: countWords(all), state };
  });
}

/** `24 tasks`, `2 of 24 failed`, `7 of 24 done`. */
function countWords(rows: readonly TaskRow[]): string {
  const count = (...states: TaskRow['last']['state'][]) =>
    rows.filter(({ last }) => states.includes(last.state)).length;
  const failed = count('failed', 'timed-out');
  if (failed > 0) return `${failed} of ${rows.length} failed`;
  const open = count('waiting', 'running');
  return open === 0 || open === rows.length ? `${rows.length} tasks` : `${rows.length - open} of ${rows.length} done`;
}

/** From a node's side to the bus in the middle, with round corners where it bends. */
function bend(x: number, y: number, bus: number, middle: number): string {
  const dx = Math.sign(bus - x);
  const dy = Math.sign(middle - y);
  if (Math.abs(middle - y) < 1) return `M${x} ${middle}H${bus}`;
  const r = Math.min(6, Math.abs(middle - y));
  return `M${x} ${y}H${bus - dx * r}q${dx * r} 0 ${dx * r} ${dy * r}V${middle}`;
}
