import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { mebibytes, median, ms, ratioOf } from './measure.ts';
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
  /** Null where they were not asked for. */
  readonly turns: Turns | null;
}

const WAYS = ['nightjar', 'croner', 'node-schedule', 'node-cron'] as const;
const ROUNDS = 3;

export default {
  title: '10,000 jobs due every 5 s (queueing only)',
  async run(folder) {
    const found = Object.fromEntries(WAYS.map((way) => [way, [] as Due[]])) as Record<(typeof WAYS)[number], Due[]>;
    for (let round = 0; round < ROUNDS; round++) {
      for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) {
        const turns = round === 0 && way === 'nightjar' ? ['turns'] : [];
        found[way].push(await measure([way, join(folder, `${way}-${round}`), '10000', ...turns]));
      }
    }
    const none = await measure(['nightjar', join(folder, 'none'), '0']);
    const of = (way: (typeof WAYS)[number], what: 'p99' | 'cpu' | 'memory'): number[] =>
      found[way].map((due) => due[what]);
    const ours = { p99: median(of('nightjar', 'p99')), cpu: median(of('nightjar', 'cpu')) };
    const others = WAYS.slice(1);
    const ratio = (way: (typeof WAYS)[number], what: 'p99' | 'cpu') =>
      ratioOf(of(way, what).map((theirs, round) => theirs / of('nightjar', what)[round]!));
    const seconds = (cpu: number): string => `${cpu.toFixed(1)} s`;
    const findings: Finding[] = others.map((way) => ({
      what: 'lateness p99',
      nightjar: ms(ours.p99),
      against: `${way}: ${ms(median(of(way, 'p99')))}`,
      ratio: ratio(way, 'p99'),
      goal: '> 1, and ≤ 100 ms',
      isMet: ratio(way, 'p99').median > 1 && ours.p99 <= 100,
    }));
    for (const way of others) {
      findings.push({
        what: 'processor in a minute',
        nightjar: seconds(ours.cpu),
        against: `${way}: ${seconds(median(of(way, 'cpu')))}`,
        ratio: ratio(way, 'cpu'),
        goal: '> 1',
        isMet: ratio(way, 'cpu').median > 1,
      });
    }
    const more = median(of('nightjar', 'memory')) - none.memory;
    findings.push({
      what: 'memory more than without jobs',
      nightjar: mebibytes(more),
      against: null,
      ratio: null,
      goal: '≤ 60 MiB',
      isMet: more <= 60 * 2 ** 20,
    });
    findings.push(turnsFinding(found.nightjar[0]!.turns!));
    const notes = WAYS.map((way) => {
      const counts = found[way].map(({ count }) => count).join(', ');
      return `${way}: ${mebibytes(median(of(way, 'memory')))} resident; ${counts} ${way === 'nightjar' ? 'runs queued' : 'calls'} in 20 s`;
    });
    return { findings, notes };
  },
} satisfies Row;

function measure(args: readonly string[]): Promise<Due> {
  const child = spawn(process.execPath, ['--expose-gc', join(import.meta.dirname, 'due-jobs.ts'), ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', (due) => resolve(due as Due));
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${String(code)} and said nothing.`)));
  });
}
