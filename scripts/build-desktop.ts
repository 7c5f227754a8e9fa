import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { build, type InlineConfig, type Plugin } from 'vite';
import { isProgramBuilt, lookAtSources } from './built-program.mjs';

/**
 * Builds the TypeScript of electron/ into dist/electron: what Electron runs (main.js, preload.cjs), and what the command line runs
 * (cli.js). What every start needs goes in, because of it only half is used and one file is found faster than a hundred, and the engine's
 * client, because of it a tenth is used; other packages stay packages and are shipped as they are, native binary included. Does
 * nothing where it is built of these sources.
 */
if (isProgramBuilt()) process.exit();

const NEEDED_AT_START = ['commander', 'croner', 'cronstrue', 'js-yaml', 'ws', 'zod'];
/** dockerode with all that it needs for what we ask of it. */
const ENGINE_CLIENT = [
  'dockerode',
  'docker-modem',
  'debug',
  'ms',
  'readable-stream',
  'string_decoder',
  'safe-buffer',
  'inherits',
  'util-deprecate',
  'split-ca',
];
/**
 * What dockerode would load with it, and be 165 of its 200 ms: sessions of BuildKit, an SSH client and packing of folders, all of which
 * we do otherwise (build-image.ts, ssh-agent.ts, build-context.ts). Whoever calls them nevertheless gets a TypeError.
 */
const ENGINE_CLIENT_UNUSED = new Set([
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  'protobufjs',
  'ssh2',
  'tar-fs',
  '@balena/dockerignore',
]);
const UNUSED = '\0unused';
const root = path.dirname(import.meta.dirname);
const outDir = path.join(root, 'dist/electron');
const source = (name: string) => path.join(root, 'electron', name);

const common: InlineConfig = {
  root,
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
};
const ssr = { ssr: true, target: 'node24', outDir, emptyOutDir: false, minify: false } as const;

/**
 * V8 keeps the text of what it runs, with two bytes for each letter where one of them is not Latin-1: four arrows in the largest part were
 * half a megabyte of memory. Names and lines stay, for who reads a stack trace; docstrings are in the sources.
 */
const TEXT = { charset: 'ascii', comments: { jsdoc: false, annotation: false, legal: true } } as const;

/** An older Nightjar that finishes its runs still loads parts of the build that it began with. */
const OLD_PARTS_STAY_MS = 86_400_000;

const withoutUnused: Plugin = {
  name: 'without-unused',
  enforce: 'pre',
  resolveId: (id) => (ENGINE_CLIENT_UNUSED.has(id) ? UNUSED : null),
  load: (id) => (id === UNUSED ? 'module.exports = {};' : null),
};

const sources = lookAtSources();
const builtAt = Date.now();
await build({
  ...common,
  plugins: [withoutUnused],
  ssr: { noExternal: [...NEEDED_AT_START, ...ENGINE_CLIENT] },
  build: {
    ...ssr,
    rolldownOptions: {
      input: {
        main: source('main.ts'),
        cli: source('cli.ts'),
        // A thread's file, found beside whatever file began it (log-search.ts, store-thread.ts, file-texts.ts).
        'log-search-worker': source('scheduler/log/log-search-worker.ts'),
        'file-text-worker': source('scheduler/job-file/file-text-worker.ts'),
        'store-worker': source('scheduler/retention/store-worker.ts'),
        'keyring-worker': source('scheduler/secrets/keyring-worker.ts'),
        // A process's file (launcher.ts).
        'launcher-process': source('scheduler/executor/launcher-process.ts'),
      },
      external: ['electron'],
      output: { ...TEXT, format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
});
// A sandboxed preload is one CommonJS file that may require nothing but a part of Electron.
await build({
  ...common,
  ssr: { noExternal: true },
  build: {
    ...ssr,
    rolldownOptions: {
      input: { preload: source('preload.ts') },
      external: ['electron'],
      output: { ...TEXT, format: 'cjs', entryFileNames: '[name].cjs' },
    },
  },
});
for (const name of readdirSync(outDir)) {
  const file = path.join(outDir, name);
  if (statSync(file).mtimeMs < builtAt - OLD_PARTS_STAY_MS) rmSync(file);
}
sources.stamp();
