import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// A test's suffix says what it needs: `.test.ts` nothing, `.e2e.test.ts` programs in processes of their own,
// `.engine.test.ts` a Docker engine, `.browser.test.ts` Chromium, `.fault.test.ts` minutes, because it kills what it tests over
// and over.
const NEEDS = ['e2e', 'engine', 'browser', 'fault'] as const;
type Need = (typeof NEEDS)[number];

// One file at a time: an engine, a browser and a crash are each one for the whole machine, and what is measured beside them lies.
const alone = (need: Need, testTimeout: number, more: object = {}) =>
  project(need, [`test/**/*.${need}.test.ts`], [], {
    ...more,
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
    // Vitest leaves one processor free, which on two is half of them.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // What is waited for comes at once, and on a busy machine after more than the second that would be waited otherwise.
    expect: { poll: { timeout: 10_000 } },
    passWithNoTests: true,
    // No test reads or writes the secrets of whoever runs it: this file is never there.
    env: { NIGHTJAR_SECRETS: join(tmpdir(), 'nightjar-without-secrets', 'secrets.json') },
    projects: [
      project(
        'quick',
        ['test/**/*.test.ts'],
        NEEDS.map((need) => `test/**/*.${need}.test.ts`),
        // Loading the same modules anew for each of ninety files took a third of the time.
        { isolate: false },
      ),
      alone('e2e', 60_000),
      alone('engine', 60_000),
      // What they share is no state of a module, and to load the modules once is half a minute less.
      alone('browser', 60_000, { globalSetup: ['test/support/built-window.ts'], isolate: false }),
      alone('fault', 600_000),
    ],
  },
});
