/**
 * Runs before `npm start` and `npm test`, so that both work right after `git clone`: installs the dependencies when they are
 * missing or not those of package-lock.json, and makes sure of the pinned Node that comes with them. `--window` also builds the
 * window and the program where their sources have changed. With nothing to do it takes a few hundredths of a second.
 *
 * Plain JavaScript without dependencies, for whatever Node the machine has (18 and later): it runs before there is anything else.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isWindowBuilt } from './build-window.mjs';
import { isProgramBuilt } from './built-program.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const isWindows = process.platform === 'win32';
const node = path.join(root, 'node_modules/node/bin', isWindows ? 'node.exe' : 'node');

if (!isInstalled()) {
  console.error('Installing what Nightjar needs (npm ci); this happens once and takes about a minute.');
  const code = npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
  if (code !== 0) {
    fail(
      `\`npm ci\` ended with code ${code}; its own words are above.`,
      'Without a network it needs everything in its cache: connect, and run the same command again.',
    );
  }
}
// The one install script that is needed is the one that fetches Node; those of others would compile what is there prebuilt.
if (!existsSync(node)) npm('rebuild', 'node', '--ignore-scripts=false', '--loglevel=error');
if (!existsSync(node)) {
  fail(
    `The pinned Node is not at ${path.relative(root, node)}: the install script of the package \`node\` could not fetch it.`,
    'Connect to the network, remove the folder node_modules, and run the same command again.',
  );
}
if (process.argv.includes('--window') && !isWindowBuilt()) {
  const { status } = spawnSync(node, [path.join(root, 'scripts/build-window.mjs')], { cwd: root, stdio: 'inherit' });
  if (status !== 0) fail('The window could not be built; the reason is above.', 'The command line works without it.');
}

if (process.argv.includes('--window') && !isProgramBuilt()) {
  // A program that is not built runs from its sources, only slower to start.
  spawnSync(node, [path.join(root, 'scripts/build-desktop.ts')], { cwd: root, stdio: 'inherit' });
}

/**
 * npm leaves in node_modules a lock file of what it installed. It is the last thing that it writes, so an installation that was
 * cut off, of another branch's lock file, or made by hand is told from a complete one without a stamp of our own.
 */
function isInstalled() {
  const wanted = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([place, { version, integrity, optional }]) => {
    if (place === '') return true;
    const found = installed[place];
    // Optional ones are for other platforms mostly.
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
  } catch {
    // Not there, or cut off: either way nothing to rely on.
    return undefined;
  }
}

/** Runs the machine's own npm, on the machine's own Node: the pinned one is among what `npm ci` removes first. */
function npm(...args) {
  const own = path.join(root, 'node_modules/.bin');
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const folders = (process.env[key] ?? '').split(path.delimiter).filter((folder) => path.resolve(folder) !== own);
  const options = {
    cwd: root,
    env: { ...process.env, [key]: folders.join(path.delimiter) },
    // Standard output belongs to the command that comes after us.
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    shell: isWindows,
  };
  const { status, error } = spawnSync('npm', args, options);
  if (error) fail(`npm could not be run: ${error.message}.`, 'Install Node with npm, and run the same command again.');
  return status;
}

function fail(what, whatToDo) {
  console.error(`\n${what}\n${whatToDo}`);
  process.exit(1);
}
