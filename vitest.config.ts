import { defineConfig } from 'vitest/config';

// A test's suffix says what it needs: `.test.ts` nothing, `.engine.test.ts` a Docker engine, `.browser.test.ts` Chromium,
// `.fault.test.ts` minutes, because it kills what it tests over and over.
const NEEDS = ['engine', 'browser', 'fault'] as const;
type Need = (typeof NEEDS)[number];

// One file at a time: an engine, a browser and a crash are each one for the whole machine, and what is measured beside them lies.
const alone = (need: Need, testTimeout: number) =>
  project(need, [`test/**/*.${need}.test.ts`], [], {
    testTimeout,
    hookTimeout: testTimeout,
    fileParallelism: false,
    sequence: { groupOrder: 1 + NEEDS.indexOf(need) },
  });

const project = (name: string, include: string[], exclude: string[] = [], more: object = {}) => ({
  extends: true as const,
  test: { name, include, exclude: ['node_modules/**', ...exclude], ...more },
});

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 30_000,
    passWithNoTests: true,
    projects: [
      project(
        'quick',
        ['test/**/*.test.ts'],
        NEEDS.map((need) => `test/**/*.${need}.test.ts`),
      ),
      alone('engine', 60_000),
      alone('browser', 60_000),
      alone('fault', 600_000),
    ],
  },
});
