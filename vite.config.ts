import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The window is served from `app://` and from http://127.0.0.1 under a policy without inline scripts and without other hosts:
// nothing is inlined, nothing is fetched from elsewhere, and every path is relative.
export default defineConfig({
  root: 'renderer',
  base: './',
  plugins: [svelte({ configFile: '../svelte.config.js' })],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: 'chrome134',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One sheet, in one order, whichever part of the window comes first.
    cssCodeSplit: false,
    rolldownOptions: {
      // What is shown first is one file: each further one is asked for by itself.
      output: { codeSplitting: { groups: [{ name: 'window', tags: ['$initial'] }] } },
    },
    // The editor is its own chunk, loaded when a file is opened; CodeMirror alone is about 600 kB.
    chunkSizeWarningLimit: 900,
  },
});
