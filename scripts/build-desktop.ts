import { rmSync } from 'node:fs';
import path from 'node:path';
import { build, type InlineConfig } from 'vite';

/**
 * Builds the TypeScript of electron/ into dist/electron: what Electron runs (main.js, preload.cjs), and what an installed command
 * line runs (cli.js). Packages stay packages; they are shipped as they are, native binary included.
 */
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

rmSync(outDir, { recursive: true, force: true });
await build({
  ...common,
  build: {
    ...ssr,
    rolldownOptions: {
      input: {
        main: source('main.ts'),
        cli: source('cli.ts'),
        // A thread's file, found beside whatever file began it (log-search.ts, store-thread.ts).
        'log-search-worker': source('scheduler/log/log-search-worker.ts'),
        'store-worker': source('scheduler/retention/store-worker.ts'),
        'keyring-worker': source('scheduler/secrets/keyring-worker.ts'),
      },
      external: ['electron'],
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
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
      output: { format: 'cjs', entryFileNames: '[name].cjs' },
    },
  },
});
