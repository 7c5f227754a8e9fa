import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { mebibytes, ms, quantile } from './measure.ts';
import { serve, writeJobs } from './nightjar.ts';
import { launchBrowser, longTasks, openPage } from './window-page.ts';
import type { Finding, Row } from './row.ts';

const MEASURED_MS = 10_000;
/** Each line says when it was written; `setTimeout` wakes it for the lines that are due. */
const WRITER = `
  const from = Date.now(); let written = 0;
  const tick = () => { const due = Math.floor((Date.now() - from) * RATE / 1000);
    let text = ''; for (; written < due; written++) text += 'sent ' + Date.now() + ' line ' + written + ' of a log that is followed\\n';
    process.stdout.write(text, () => setTimeout(tick, 1)); };
  tick();`;

export default {
  title: 'Follow: line written to line in the window',
  async run(folder) {
    const command = (rate: number): string =>
      JSON.stringify([process.execPath, '-e', WRITER.replace('RATE', String(rate))]);
    writeJobs(folder, {
      'nightjar.yml': 'max_parallel_runs: 1\n',
      'thousand.yml': `steps:\n  - { name: work, timeout: 60s, command: ${command(1_000)} }\n`,
      'million.yml': `steps:\n  - { name: work, timeout: 60s, command: ${command(1_000_000)} }\n`,
    });
    const served = await serve(folder);
    const browser = await launchBrowser();
    const findings: Finding[] = [];
    try {
      const page = await openPage(browser, served.address);
      for (const [job, rate] of [
        ['thousand', '1,000 lines/s'],
        ['million', '1,000,000 lines/s'],
      ] as const) {
        const run = await served.client.call('queue.next', { job });
        await page.evaluate(`location.hash = '#/run/${run.id}'`);
        await page
          .getByText(/^sent \d+/)
          .first()
          .waitFor();
        await delay(2_000);
        await page.evaluate(WATCH);
        const before = memory(served.pid);
        const measured = () => delay(MEASURED_MS);
        // To trace the page costs it time, which is not to be counted as lateness.
        const long = job === 'thousand' ? (await measured(), []) : await longTasks(page, measured);
        const after = memory(served.pid);
        const latenesses = await page.evaluate<number[]>('window.benchLatenesses');
        const lines = (await served.client.call('runs.get', { run: run.id })).logLines;
        await served.client.call('runs.cancel', { run: run.id });
        if (job === 'thousand') {
          const p99 = quantile(latenesses, 0.99);
          findings.push({
            what: `${rate}: p99`,
            nightjar: `${ms(p99)} (median ${ms(quantile(latenesses, 0.5))}, ${latenesses.length} lines seen)`,
            against: null,
            ratio: null,
            goal: '≤ 50 ms',
            isMet: p99 <= 50,
          });
        } else {
          findings.push({
            what: `${rate}: the window stays fluid`,
            nightjar: `${long.length} tasks over 50 ms, the longest ${ms(Math.max(0, ...long))}; ${lines.toLocaleString('en')} lines logged`,
            against: null,
            ratio: null,
            goal: 'no task over 50 ms',
            isMet: long.length === 0,
          });
          findings.push({
            what: `${rate}: memory of the host after ${MEASURED_MS / 1_000} s`,
            nightjar: `${mebibytes(before)}, then ${mebibytes(after)}`,
            against: null,
            ratio: null,
            goal: 'flat: ≤ 50 MiB more',
            isMet: after - before <= 50 * 2 ** 20,
          });
        }
      }
    } finally {
      await browser.close();
      await served.stop();
    }
    return { findings };
  },
} satisfies Row;

/** In the page: for each line that comes into sight, how long ago it says that it was written. */
const WATCH = `
  window.benchLatenesses = [];
  const seen = new Set();
  const look = () => {
    const now = Date.now();
    for (const match of document.querySelector('[role=log], .log')?.textContent.matchAll(/sent (\\d{13}) line (\\d+)/g) ?? []) {
      if (seen.has(match[2])) continue;
      seen.add(match[2]);
      window.benchLatenesses.push(now - Number(match[1]));
    }
  };
  look();
  window.benchLatenesses.length = 0;
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });`;

function memory(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
}
