import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { Row } from './row.ts';

/** Measures one row in this process and hands the result to the one that asked; `run-row.ts FILE`. */
const [file] = process.argv.slice(2);
const { default: row } = (await import(`./${file}`)) as { default: Row };
const folder = mkdtempSync(join(tmpdir(), 'nightjar-bench-'));
try {
  const result = await row.run(folder);
  const said = { title: row.title, result };
  if (process.send === undefined) console.log(JSON.stringify(said, null, 1));
  else await new Promise((resolve) => process.send?.(said, resolve));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
