import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { plot } from './plot.ts';
import { addRow, readResults, tableOf, writeResults, type Machine } from './results.ts';
import type { RowResult } from './row.ts';

/**
 * `npm run bench [part of a row's name]…`: measures the rows that are named, or all, each in a process of its own, prints a table
 * and keeps it in RESULTS.md; rows that were not measured stay there as they were.
 */
const HERE = import.meta.dirname;
/**
 * In this order, after all others. They remove ten thousand files and more, which ext4 passes over one by one for some minutes when others are
 * made: a folder and two files take 1.7 to 1.9 ms in place of 0.9, and a row that makes some for each run would be measured with that.
 */
const LAST = ['soak.bench.ts', 'due.bench.ts', 'load-files.bench.ts'];
const wanted = process.argv.slice(2);
const files = readdirSync(HERE)
  .filter((name) => name.endsWith('.bench.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort((a, b) => LAST.indexOf(a) - LAST.indexOf(b) || (a < b ? -1 : 1));
if (files.length === 0) {
  console.error(`No row is named ${wanted.join(', ')}.`);
  process.exit(2);
}

const machine: Machine = {
  date: new Date().toISOString().slice(0, 10),
  processors: `${os.availableParallelism()} × ${os.cpus()[0]?.model.trim() ?? 'unknown'}`,
  memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
  system: `${os.type()} ${os.release()}`,
  node: process.version,
  engine: engineVersion(),
  peers: versionsOf(['better-sqlite3', 'plainjob', 'croner', 'node-schedule', 'node-cron', 'dockerode', 'js-yaml']),
};
const results = readResults(HERE);
mkdirSync(join(HERE, 'growth'), { recursive: true });
const measured = new Set<string>();
let failed = 0;
for (const file of files) {
  console.log(`\n${file}`);
  try {
    const { title, result } = await measure(file);
    measured.add(file);
    addRow(results, { file, title, machine, findings: result.findings, notes: result.notes ?? [] });
    for (const growth of result.growth ?? []) {
      writeFileSync(join(HERE, 'growth', `${growth.title.split(':')[0]!.toLowerCase()}.svg`), plot(growth));
    }
    const missed = result.findings.filter(({ goal, isMet }) => goal !== '-' && !isMet);
    console.log(missed.length === 0 ? '  met' : missed.map(({ what }) => `  MISSED ${what}`).join('\n'));
    writeResults(HERE, results);
  } catch (error) {
    failed += 1;
    console.log(`  could not be measured: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`\n${tableOf(results.filter(({ file }) => measured.has(file)))}`);
process.exitCode = failed === 0 ? 0 : 1;

function measure(file: string): Promise<{ title: string; result: RowResult }> {
  const child = spawn(process.execPath, ['--expose-gc', join(HERE, 'run-row.ts'), file], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as { title: string; result: RowResult }));
    child.once('exit', (code) => reject(new Error(`it ended with ${String(code)}`)));
  });
}

function engineVersion(): string {
  try {
    return execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' }).trim();
  } catch {
    return 'none';
  }
}

function versionsOf(names: readonly string[]): string {
  return names
    .map((name) => {
      const { version } = JSON.parse(
        readFileSync(join(HERE, '..', '..', 'node_modules', name, 'package.json'), 'utf8'),
      ) as { version: string };
      return `${name} ${version}`;
    })
    .join(', ');
}
