import { defineConfig } from 'vitest/config';

// A test's suffix says what it needs: `.test.ts` nothing, `.engine.test.ts` a Docker engine, `.browser.test.ts` Chromium,
// `.fault.test.ts` minutes, because it kills what it tests over and over.
const NEEDS = ['engine', 'browser', 'fault'];

const project = (name: string, include: string[], exclude: string[] = []) => ({
  extends: true as const,
  test: { name, include, exclude: ['node_modules/**', ...exclude] },
});

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: [
      project(
        'quick',
        ['test/**/*.test.ts'],
        NEEDS.map((need) => `test/**/*.${need}.test.ts`),
      ),
      ...NEEDS.map((need) => project(need, [`test/**/*.${need}.test.ts`])),
    ],
  },
});
