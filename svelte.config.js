/** Runes everywhere; what Svelte says about accessibility stops the build (style.md). */
export default {
  compilerOptions: { runes: true },
  onwarn(warning, handler) {
    if (warning.code.startsWith('a11y')) throw new Error(`${warning.filename}: ${warning.message}`);
    handler(warning);
  },
};
