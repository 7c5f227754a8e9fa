import { existsSync } from 'node:fs';
import path from 'node:path';
import type { TestEngine } from './test/engine.ts';
import { provideChromium } from './test/machine.ts';
import { listProject, runChecks, runProject } from './test/part.ts';
import type { Result, Skipped } from './test/part.ts';

/**
 * What `npm test` runs: every part, or those that are named. An engine and a browser are looked for, and brought where the machine
 * allows it; tests that still lack what they need are named, counted as skipped, and a failure where CI is set. Ends with one line:
 * "N passed, N failed, N skipped".
 */

const MINUTE_MS = 60_000;
const root = path.dirname(import.meta.dirname);
process.chdir(root);

interface Part {
  readonly needs: readonly ('engine' | 'chromium')[];
  run(): Promise<Result>;
  /** Its tests, where they cannot be run. */
  list(): Promise<readonly Skipped[]>;
}

const checks = (limitMs: number, ...commands: string[][]): Part => ({
  needs: [],
  run: () => runChecks(commands, limitMs),
  list: async () => [],
});
const project = (name: string, limitMs: number, ...needs: Part['needs']): Part => ({
  needs,
  run: () => runProject(name, limitMs),
  list: () => listProject(name),
});

const svelteCheck = ['svelte-check', '--tsconfig', 'renderer/tsconfig.json', '--fail-on-warnings', '--output', 'human'];
// The limits are against what hangs: on a machine with ten times the work they have to hold too.
const PARTS: Readonly<Record<string, Part>> = {
  types: checks(10 * MINUTE_MS, ['tsc', '-p', '.'], ...(existsSync('renderer/tsconfig.json') ? [svelteCheck] : [])),
  lint: checks(5 * MINUTE_MS, ['oxlint']),
  format: checks(5 * MINUTE_MS, ['prettier', '--check', '--log-level', 'warn', '.']),
  quick: project('quick', 10 * MINUTE_MS),
  e2e: project('e2e', 10 * MINUTE_MS),
  engine: project('engine', 15 * MINUTE_MS, 'engine'),
  browser: project('browser', 20 * MINUTE_MS, 'engine', 'chromium'),
  fault: project('fault', 30 * MINUTE_MS, 'engine'),
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}; the parts are ${Object.keys(PARTS).join(', ')}.`);
  process.exit(2);
}
const chosen = Object.entries(PARTS).filter(([name]) => named.length === 0 || named.includes(name));

let engine: TestEngine | undefined;
const rows: { name: string; seconds: number; result: Result }[] = [];
for (const [name, part] of chosen) {
  const startedAt = performance.now();
  console.error(`\n── ${name} ${'─'.repeat(Math.max(0, 72 - name.length))}`);
  const lacks = await lacking(part);
  if (lacks.length > 0) console.error(`Skipped, because ${lacks.join(', and ')}.`);
  const result = lacks.length > 0 ? { passed: 0, failed: 0, skipped: await part.list() } : await part.run();
  rows.push({ name, seconds: (performance.now() - startedAt) / 1_000, result });
}
process.exitCode = report();

/** Why a part cannot run, in sentences; the engine and the browser are brought when the first part asks for them. */
async function lacking({ needs }: Part): Promise<string[]> {
  const lacks: string[] = [];
  if (needs.includes('engine')) {
    // Loaded when needed: lint and types have to work while the code that speaks to engines does not.
    const { provideEngine } = await import('./test/engine.ts');
    engine ??= await provideEngine();
    if (engine.host === null) lacks.push(engine.why);
  }
  if (needs.includes('chromium')) {
    const chromium = provideChromium();
    if (chromium === undefined) lacks.push('there is no Chromium (CHROMIUM may name one)');
    else process.env['CHROMIUM'] = chromium;
  }
  return lacks;
}

function report(): number {
  const skipped = rows.flatMap(({ result }) => result.skipped);
  if (skipped.length > 0) {
    console.log(`\nSkipped (${skipped.length}):`);
    for (const { file, name } of skipped) console.log(`  ${path.relative(root, file)}: ${name}`);
  }
  // The runtime of Electron is the one thing that not every machine can have.
  const mustNotSkip = skipped.filter(({ file }) => !path.basename(file).startsWith('real-electron'));
  const isSkipFailure = process.env['CI'] !== undefined && process.env['CI'] !== 'false' && mustNotSkip.length > 0;
  if (isSkipFailure) console.log(`\nCI is set, so ${mustNotSkip.length} skipped tests are a failure.`);

  console.log(
    `\n${'part'.padEnd(10)}${['seconds', 'passed', 'failed', 'skipped'].map((head) => head.padStart(9)).join('')}`,
  );
  for (const { name, seconds, result } of rows) {
    const cells = [seconds.toFixed(1), result.passed, result.failed, result.skipped.length];
    console.log(name.padEnd(10) + cells.map((cell) => String(cell).padStart(9)).join(''));
  }
  const sum = (count: (result: Result) => number) => rows.reduce((total, { result }) => total + count(result), 0);
  const failed = sum((result) => result.failed);
  console.log(`\n${sum((result) => result.passed)} passed, ${failed} failed, ${skipped.length} skipped`);
  return failed > 0 || isSkipFailure ? 1 : 0;
}
