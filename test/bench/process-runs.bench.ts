import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { perSecond, sideBySide, took } from './measure.ts';
import { POLL_MS, startScheduler, until, writeJobs } from './nightjar.ts';
import type { Finding, Row } from './row.ts';
import { recordTurns, type Turns } from './turn-recorder.mjs';
import { longest, turnsFinding } from './turns.ts';

const RUNS = 1_000;

export default {
  title: 'Whole run of one process task, 1,000 runs',
  async run(folder) {
    const findings: Finding[] = [];
    for (const parallel of [1, 16]) {
      let round = 0;
      const again = (turns?: Turns[]) => nightjar(join(folder, `${parallel}-${(round += 1)}`), parallel, turns);
      const { medians, ratio } = await sideBySide(
        {
          nightjar: () => again(),
          bare: () => took(() => bare(parallel)),
        },
        3,
      );
      const toBare = ratio('nightjar', 'bare');
      findings.push({
        what: `${parallel} parallel`,
        nightjar: perSecond(RUNS, medians.nightjar, 'runs'),
        against: `spawn: ${perSecond(RUNS, medians.bare, 'processes')}`,
        ratio: toBare,
        goal: '≥ 0.7',
        isMet: toBare.median >= 0.7,
      });
      // In rounds of their own, because to record turns takes the processor's time.
      const turns: Turns[] = [];
      for (let i = 0; i < 3; i++) await again(turns);
      findings.push(turnsFinding(longest(turns), `, ${parallel} parallel`));
    }
    return { findings };
  },
} satisfies Row;

/** From the first run that is queued to the last that has ended. */
async function nightjar(folder: string, parallel: number, turns?: Turns[]): Promise<number> {
  writeJobs(folder, {
    'nightjar.yml': `max_parallel_runs: ${parallel}\nmax_parallel_tasks: ${parallel}\n`,
    'true.yml':
      'overlap: allow\nkeep: { runs: 1000000, bytes: 100GB }\nparams: { n: { type: number, default: 0 } }\nsteps:\n  - { name: work, command: "true" }\n',
  });
  const scheduler = await startScheduler(folder);
  const recorded = turns && recordTurns();
  const cost = await took(async () => {
    for (let n = 1; n <= RUNS; n++) {
      scheduler.addJob('true', { n: String(n) });
      // A host is asked by messages, between which its event loop has turns.
      await nextTurn();
    }
    await until(() => scheduler.runs.count({ states: ['succeeded'] }).count === RUNS, POLL_MS);
  });
  if (recorded) {
    turns.push(recorded.read());
    recorded.stop();
  }
  await scheduler.close('stop');
  return cost;
}

async function bare(parallel: number): Promise<void> {
  let left = RUNS;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = spawn('/bin/sh', ['-c', 'true'], { stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.resume();
      child.stderr.resume();
      child.once('error', reject);
      child.once('close', () => resolve());
    });
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (left-- > 0) await one();
    }),
  );
}
