import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { findProgramFolder } from './program.ts';

/**
 * What `npm start` runs in a checkout, on plain Node: the desktop where this machine can have one, else the same application
 * without a desktop, after one sentence that says why. What follows `npm start --` is handed on; `--headless` asks for the latter.
 */

/** The runtime is about 110 MB; a connection that takes longer is told to be too slow, and the next start tries again. */
const DOWNLOAD_MS = 5 * 60_000;
/** An Electron that ends with an error within this never came up: a library or a right is missing. */
const COME_UP_MS = 10_000;

const folder = findProgramFolder();
const args = process.argv.slice(2).filter((arg) => arg !== '--headless');
const why = process.argv.includes('--headless') ? 'because --headless was asked for' : await tryDesktop();
if (why !== undefined) {
  process.stderr.write(`Nightjar runs without its desktop window, ${why}. Open the address below in a browser.\n`);
  // The command line reads its words from where everybody does.
  process.argv.splice(2, Infinity, 'serve', ...args.filter((arg) => arg !== '--hidden'));
  await import(pathToFileURL(path.join(folder, 'bin', 'nightjar.js')).href);
}

/** Resolves when the desktop has ended; with the reason where there can be none. */
async function tryDesktop(): Promise<string | undefined> {
  const { platform, env } = process;
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return 'because there is no display here';
  const electron = findRuntime() ?? downloadRuntime();
  if (electron === undefined) return "because Electron's runtime is not here and could not be downloaded";
  if (!buildDesktop()) return 'because its build failed (the reason is above)';
  return runDesktop(electron);
}

/** As the package `electron` itself finds it: its install script leaves the name of the program in path.txt. */
function findRuntime(): string | undefined {
  const place = electronPackage();
  const pathFile = path.join(place, 'path.txt');
  const dist = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? path.join(place, 'dist');
  if (!existsSync(pathFile)) return undefined;
  const program = path.join(dist, readFileSync(pathFile, 'utf8').trim());
  return existsSync(program) ? program : undefined;
}

function downloadRuntime(): string | undefined {
  process.stderr.write("Fetching Electron's runtime; this happens once.\n");
  const script = path.join(electronPackage(), 'install.js');
  spawnSync(process.execPath, [script], { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'], timeout: DOWNLOAD_MS });
  return findRuntime();
}

function electronPackage(): string {
  return path.dirname(createRequire(import.meta.url).resolve('electron/package.json'));
}

function buildDesktop(): boolean {
  const script = path.join(folder, 'scripts', 'build-desktop.ts');
  return spawnSync(process.execPath, [script], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

async function runDesktop(electron: string): Promise<string | undefined> {
  const startedAt = performance.now();
  const child = spawn(electron, [folder, ...args], { cwd: folder, stdio: ['inherit', 'inherit', 'pipe'] });
  let lastWords = '';
  child.stderr.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2_000);
    process.stderr.write(chunk);
  });
  // A terminal tells the whole group of Ctrl-C; we stay until the desktop has drained.
  const stay = () => {};
  process.on('SIGINT', stay);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const { code, signal, error } = await new Promise<{ code: number | null; signal: string | null; error?: Error }>(
    (resolve) => {
      child.once('error', (cause) => resolve({ code: null, signal: null, error: cause }));
      child.once('close', (ended, by) => resolve({ code: ended, signal: by }));
    },
  );
  process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
  if (code === 0) return undefined;
  const hasComeUp = performance.now() - startedAt > COME_UP_MS;
  if (hasComeUp) {
    process.exitCode = code ?? 1;
    return undefined;
  }
  const said = error?.message ?? lastWords.trim().split('\n').at(-1) ?? '';
  return `because Electron ended at once (${said === '' ? `${signal ?? `code ${code}`}` : said})`;
}
