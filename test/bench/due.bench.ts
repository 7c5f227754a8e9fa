import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { mebibytes, ms } from './measure.ts';
import type { Finding, Row } from './row.ts';
import type { Turns } from './turn-recorder.mjs';
import { turnsFinding } from './turns.ts';

/** What `due-jobs.ts` says of one way to have 10,000 jobs due every five seconds. */
export interface Due {
  /** Milliseconds from the due moment to when the job was queued, or called. */
  readonly p99: number;
  readonly memory: number;
  /** Seconds of a processor in a minute. */
  readonly cpu: number;
  readonly count: number;
  readonly turns: Turns;
}

export const WAYS = ['nightjar', 'croner', 'node-schedule', 'node-cron'] as const;

export default {
  title: '10,000 jobs due every 5 s (queueing only)',
  async run(folder) {
    const found = new Map<string, Due>();
    for (const way of WAYS) found.set(way, await measure(way, join(folder, way), 10_000));
    const none = await measure('nightjar', join(folder, 'none'), 0);
    const ours = found.get('nightjar') as Due;
    const others = WAYS.slice(1).map((way) => [way, found.get(way) as Due] as const);
    const findings: Finding[] = others.map(([way, due]) => ({
      what: 'lateness p99',
      nightjar: ms(ours.p99),
      against: `${way}: ${ms(due.p99)}`,
      ratio: single(due.p99 / ours.p99),
      goal: '> 1, and ≤ 100 ms',
      isMet: ours.p99 < due.p99 && ours.p99 <= 100,
    }));
    for (const [way, due] of others) {
      findings.push({
        what: 'processor in a minute',
        nightjar: `${ours.cpu.toFixed(1)} s`,
        against: `${way}: ${due.cpu.toFixed(1)} s`,
        ratio: single(due.cpu / ours.cpu),
        goal: '> 1',
        isMet: ours.cpu < due.cpu,
      });
    }
    const more = ours.memory - none.memory;
    findings.push({
      what: 'memory more than without jobs',
      nightjar: mebibytes(more),
      against: null,
      ratio: null,
      goal: '≤ 60 MiB',
      isMet: more <= 60 * 2 ** 20,
    });
    findings.push(turnsFinding(ours.turns));
    const notes = others.map(
      ([way, due]) =>
        `${way}: ${mebibytes(due.memory)} resident, ${due.count} calls, ${ms(due.turns.longest)} without a turn`,
    );
    return { findings, notes: [...notes, `nightjar: ${mebibytes(ours.memory)} resident, ${ours.count} runs queued`] };
  },
} satisfies Row;

const single = (ratio: number) => ({ median: ratio, low: ratio, high: ratio });

function measure(way: string, folder: string, jobs: number): Promise<Due> {
  const child = spawn(
    process.execPath,
    ['--expose-gc', join(import.meta.dirname, 'due-jobs.ts'), way, folder, String(jobs)],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  return new Promise((resolve, reject) => {
    child.once('message', (due) => resolve(due as Due));
    child.once('exit', (code) => reject(new Error(`${way} ended with ${String(code)} and said nothing.`)));
  });
}
