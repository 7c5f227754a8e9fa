import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ms, sideBySide, took } from './measure.ts';
import { POLL_MS, startScheduler, until, writeJobs } from './nightjar.ts';
import type { Row } from './row.ts';

const BYTES = 100_000_000;
const COMMAND = `yes 'a line of a log, as programs write them: 2026-11-21 12:00:00 INFO all is well' | head -c ${BYTES}`;

export default {
  title: '100 MB log of a process',
  async run(folder) {
    writeJobs(folder, {
      'nightjar.yml': 'max_parallel_runs: 1\n',
      'loud.yml': `params: { n: { type: number, default: 0 } }\nkeep: { runs: 1000000, bytes: 100GB }\nsteps:\n  - { name: work, command: ${JSON.stringify(COMMAND)} }\n`,
    });
    const scheduler = await startScheduler(folder);
    let n = 0;
    const { medians, ratio } = await sideBySide(
      {
        nightjar: () =>
          took(async () => {
            const { id } = scheduler.addJob('loud', { n: String((n += 1)) });
            await until(() => scheduler.runs.get(id).endedAt !== null, POLL_MS);
          }),
        bare: () =>
          took(async () => {
            const child = spawn('/bin/sh', ['-ec', COMMAND], { stdio: ['ignore', 'pipe', 'ignore'] });
            await pipeline(child.stdout, createWriteStream(join(folder, 'bare.log')));
          }),
      },
      5,
    );
    await scheduler.close('stop');
    const toBare = ratio('nightjar', 'bare');
    return {
      findings: [
        {
          what: 'from start to the last line on disk',
          nightjar: ms(medians.nightjar),
          against: `pipe to a file: ${ms(medians.bare)}`,
          ratio: toBare,
          goal: '≥ 0.6',
          isMet: toBare.median >= 0.6,
        },
      ],
    };
  },
} satisfies Row;
