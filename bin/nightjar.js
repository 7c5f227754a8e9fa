#!/usr/bin/env node
// The door to the command line, in plain JavaScript for whatever Node the machine has (18 and later), because it must work
// after `npm ci` alone. It runs the built program, which starts three times as fast; in a checkout only where that is of the
// sources that are there, else those, which wants Node 22.18 or 23.6. Where the machine's is older, the one that `npm ci` brought
// with it does it.
// oxlint-disable-next-line import/no-unassigned-import -- it sets what is set once for the process
import './v8-settings.js';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const isInstalled = root.split(path.sep).includes('node_modules');
const program = path.join(root, isInstalled || (await isBuilt()) ? 'dist/electron/cli.js' : 'electron/cli.ts');

if (!existsSync(program)) {
  fail(`This copy of Nightjar in ${root} is not complete: ${program} is missing. Install it again.`);
} else if (isModern(process.versions.node)) {
  // Older ones among the modern say of each start that stripping types is an experiment; their users did not ask.
  process.removeAllListeners('warning');
  // Compiled code, kept between starts; in a folder of our own, because a shared one could be tampered with.
  if (!isInstalled) module.enableCompileCache(path.join(root, 'node_modules/.cache/nightjar'));
  await import(pathToFileURL(program).href);
} else {
  const node = findNode();
  if (node === undefined) {
    fail(
      `Nightjar needs Node 22.18 or newer, and this is ${process.version}. Run \`npm ci\` in ${root}, which brings one.`,
    );
  } else {
    runWith(node);
  }
}

async function isBuilt() {
  const { isProgramBuilt } = await import('../scripts/built-program.mjs');
  return isProgramBuilt();
}

function isModern(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}

/** The Node of the npm package `node`, wherever npm put it. */
function findNode() {
  try {
    const manifest = module.createRequire(import.meta.url).resolve('node/package.json');
    const { bin, version } = JSON.parse(readFileSync(manifest, 'utf8'));
    if (!isModern(version)) return undefined;
    const node = path.join(path.dirname(manifest), typeof bin === 'string' ? bin : bin.node);
    return [node, `${node}.exe`].find((file) => existsSync(file));
  } catch {
    // Not installed; the caller says so.
    return undefined;
  }
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal tells the child itself of Ctrl-C and of its own end; what comes from elsewhere came to us alone.
  const isTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
  for (const signal of signals) {
    process.on(signal, () => {
      if (signal === 'SIGTERM' || !isTerminal) child.kill(signal);
    });
  }
  child.once('error', (error) =>
    fail(`The Node at ${node} does not start: ${error.message}. Run \`npm ci\` in ${root}.`),
  );
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const own of signals) process.removeAllListeners(own);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
