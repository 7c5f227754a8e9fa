import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { CHROMIUM } from './chromium.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Before the first browser test, whoever starts them: builds the window where its sources have changed, so that what is tested is
 * what is served, and starts the browser that all of them share.
 */
export default async function prepare(project: TestProject): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'build-window.mjs')], { cwd: ROOT, stdio: 'inherit' });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`The window could not be built: ${String(code)}`);
  const browser = await chromium.launchServer({ ...CHROMIUM, host: '127.0.0.1' });
  project.provide('browser', browser.wsEndpoint());
  return () => browser.close();
}
