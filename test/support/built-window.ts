import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Before the first browser test, whoever starts them: builds the window where its sources have changed, so that what is tested is
 * what is served.
 */
export default async function buildWindow(): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'build-window.mjs')], { cwd: ROOT, stdio: 'inherit' });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`The window could not be built: ${String(code)}`);
}
