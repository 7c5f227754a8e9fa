import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../electron/scheduler/clock.ts';
import { textPath } from '../../electron/scheduler/log/log-index.ts';
import { LogReader } from '../../electron/scheduler/log/log-reader.ts';
import { LogSearch } from '../../electron/scheduler/log/log-search.ts';
import { LogWriter } from '../../electron/scheduler/log/log-writer.ts';
import { median, ms, sideBySide, took } from './measure.ts';
import type { Finding, Growth, Row } from './row.ts';

const SIZES = [10_000, 100_000, 1_000_000, 10_000_000];
const LARGE = 10_000_000;
const SCREEN = 200;
const RARE = 'needle in the haystack';

export default {
  title: 'Log of 10 million lines (about 1 GB): open, search',
  async run(folder) {
    const reader = (lines: number): LogReader => new LogReader(join(folder, String(lines)));
    for (const lines of SIZES) await write(join(folder, String(lines)), lines);
    const views: Record<string, (lines: number) => Promise<unknown>> = {
      'open at the end': (lines) => reader(lines).slice({}, -SCREEN, SCREEN),
      'open in the middle': (lines) => reader(lines).slice({}, lines / 2, SCREEN),
      'a task in the middle': (lines) => reader(lines).slice({ taskRunIds: [2] }, Math.floor(lines / 4), SCREEN),
    };
    const findings: Finding[] = [];
    const series = [];
    for (const [what, open] of Object.entries(views)) {
      const costs = await sideBySide(
        Object.fromEntries(SIZES.map((lines) => [String(lines), () => took(() => open(lines))])),
        15,
      );
      const cost = costs.medians[String(LARGE)] as number;
      const growth = costs.ratio('10000', String(LARGE));
      findings.push({
        what,
        nightjar: ms(cost),
        against: `with 10,000 lines: ${ms(costs.medians['10000'] as number)}`,
        ratio: growth,
        goal: '≤ 20 ms, the same',
        isMet: cost <= 20 && growth.median <= 1.5,
      });
      series.push({
        name: what,
        points: SIZES.map((lines) => [lines, costs.medians[String(lines)] as number] as const),
      });
    }
    findings.push(...(await searches(join(folder, String(LARGE)))));
    for (const lines of SIZES) rmSync(join(folder, String(lines)), { recursive: true });
    const growth: Growth = { title: 'Log: open', of: 'lines', series };
    return { findings, growth: [growth] };
  },
} satisfies Row;

async function write(folder: string, lines: number): Promise<void> {
  const writer = await LogWriter.open(folder, { clock: systemClock, secrets: [] });
  const logs = [1, 2].map((id) => writer.taskLog(id));
  const block = 1_000;
  for (let from = 0; from < lines; from += block) {
    const text = Array.from({ length: block }, (_, i) => {
      const number = from + i;
      const what =
        number === Math.floor(lines * 0.7) ? RARE : 'row is loaded and all is well with it, as before and after';
      return `2026-11-21T12:00:00.000Z INFO order ${number}: ${what} (shop ${number % 97})\n`;
    }).join('');
    await logs[(from / block) % 2]!.write('stdout', Buffer.from(text));
  }
  await writer.endAttempt(1);
  await writer.endAttempt(2);
  await writer.close();
}

async function searches(folder: string): Promise<Finding[]> {
  const search = new LogSearch();
  const whole = async (text: string, isCaseSensitive: boolean): Promise<number> => {
    let found = 0;
    for (let from: number | null = 0; from !== null;) {
      const { numbers, nextNumber }: { numbers: readonly number[]; nextNumber: number | null } = await search.search(
        folder,
        {
          text,
          isCaseSensitive,
          fromNumber: from,
        },
      );
      found += numbers.length;
      from = nextNumber;
    }
    return found;
  };
  const grep = promisify(execFile);
  const findings: Finding[] = [];
  for (const [what, flags, isCaseSensitive] of [
    ['search a rare word', ['-c'], true],
    ['search in any case', ['-ci'], false],
  ] as const) {
    const { medians, ratio } = await sideBySide(
      {
        nightjar: async () => {
          let found = 0;
          const cost = await took(async () => (found = await whole(RARE, isCaseSensitive)));
          if (found !== 1) throw new Error(`Found ${found} lines in place of one.`);
          return cost;
        },
        grep: () => took(() => grep('grep', [...flags, RARE, textPath(folder)])),
      },
      3,
    );
    const toGrep = ratio('nightjar', 'grep');
    findings.push({
      what,
      nightjar: ms(medians.nightjar),
      against: `grep ${flags.join(' ')}: ${ms(medians.grep)}`,
      ratio: toGrep,
      goal: '≥ 0.5',
      isMet: toGrep.median >= 0.5,
    });
  }
  const reads: number[] = [];
  for (let i = 0; i < 3; i++) reads.push(await took(() => readFileSync(textPath(folder)).length));
  await search.close();
  findings.push({
    what: 'for comparison: the whole file read',
    nightjar: '-',
    against: `read: ${ms(median(reads))}`,
    ratio: null,
    goal: '-',
    isMet: true,
  });
  return findings;
}
