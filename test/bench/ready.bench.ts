import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ms, sideBySide, took } from './measure.ts';
import { serve, writeJobs } from './nightjar.ts';
import { writePastRuns } from './past-runs.ts';
import type { Row } from './row.ts';

/** What `serve` imports before it is ready, and nothing else. */
export const LIBRARIES = ['better-sqlite3', 'commander', 'croner', 'cronstrue', 'js-yaml', 'ws', 'zod'];

export default {
  title: '`serve` ready with 100 jobs and 100,000 runs',
  async run(folder) {
    writeHundredJobs(folder, 100);
    writePastRuns(folder, 100_000);
    const { medians, ratio } = await sideBySide(
      {
        nightjar: async () => {
          const served = await serve(folder);
          await served.stop();
          return served.readyMs;
        },
        bare: () => took(() => importOnly()),
      },
      7,
    );
    const cost = ratio('bare', 'nightjar');
    return {
      findings: [
        {
          what: 'from its start to its address on stdout',
          nightjar: ms(medians.nightjar),
          against: `Node with the same libraries: ${ms(medians.bare)}`,
          ratio: cost,
          goal: '≤ 1.5 × its time',
          isMet: cost.median <= 1.5,
        },
      ],
    };
  },
} satisfies Row;

export function writeHundredJobs(folder: string, count: number, scheduler = '0 4 1 1 *'): void {
  writeJobs(
    folder,
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        `f${i % 10}/job-${i}.yml`,
        `scheduler: '${scheduler}'\nsteps:\n  - { name: work, command: "true" }\n`,
      ]),
    ),
  );
}

function importOnly(): Promise<void> {
  const code = `await Promise.all(${JSON.stringify(LIBRARIES)}.map((name) => import(name)))`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: join(import.meta.dirname, '..', '..'),
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (exit) => (exit === 0 ? resolve() : reject(new Error(`Node ended with ${String(exit)}.`))));
  });
}
