import { median, ms } from './measure.ts';
import { serve, writeJobs } from './nightjar.ts';
import { writeWaitingRuns } from './waiting-runs.ts';
import { launchBrowser, longTasks, openPage } from './window-page.ts';
import type { Row } from './row.ts';

const WAITING = 10_000;
const ROUNDS = 10;

export default {
  title: 'Queue view with 10,000 waiting; drag, run next',
  async run(folder) {
    const jobs = Array.from({ length: 100 }, (_, i) => `f${i % 10}/job-${i}`);
    const text =
      'requires_env: [NEVER_SET]\nparams: { n: { type: number, default: 0 } }\nsteps:\n  - { name: work, command: "true" }\n';
    writeJobs(folder, Object.fromEntries(jobs.map((id) => [`${id}.yml`, text])));
    writeWaitingRuns(folder, WAITING, jobs);
    const served = await serve(folder);
    const browser = await launchBrowser();
    try {
      const page = await openPage(browser, served.address);
      await page.evaluate("location.hash = '#/queue'");
      await page.locator('li[data-id]').nth(5).waitFor();
      const clicks: number[] = [];
      const drags: number[] = [];
      const long = await longTasks(page, async () => {
        for (let i = 0; i < ROUNDS; i++) clicks.push(await page.evaluate<number>(RUN_NEXT));
        for (let i = 0; i < ROUNDS; i++) drags.push(await page.evaluate<number>(MOVE_DOWN));
      });
      return {
        findings: [
          {
            what: 'tasks of the page over 50 ms, over all',
            nightjar: long.length === 0 ? 'none' : `${long.length}, the longest ${ms(Math.max(...long))}`,
            against: null,
            ratio: null,
            goal: 'none',
            isMet: long.length === 0,
          },
          bounded('run next, to the screen', clicks),
          bounded('drag (by keyboard), to the screen', drags),
        ],
      };
    } finally {
      await browser.close();
      await served.stop();
    }
  },
} satisfies Row;

/** In the page: what a person does, and how long until the list says so and is drawn. */
const shown = (act: string, isShown: string): string => `(async () => {
  const ids = () => [...document.querySelectorAll('li[data-id]')].map((row) => row.dataset.id);
  const rows = document.querySelectorAll('li[data-id]');
  const from = performance.now();
  ${act}
  while (!(${isShown})) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => requestAnimationFrame(resolve));
  return performance.now() - from;
})()`;
const RUN_NEXT = shown(
  `const id = rows[4].dataset.id;
  [...rows[4].querySelectorAll('button')].find((button) => button.textContent.includes('Run next')).click();`,
  'ids()[0] === id',
);
const MOVE_DOWN = shown(
  `const id = rows[0].dataset.id;
  const key = { key: 'ArrowDown', altKey: true, bubbles: true, cancelable: true };
  rows[0].querySelector('[data-row]').dispatchEvent(new KeyboardEvent('keydown', key));`,
  'ids()[1] === id',
);

function bounded(what: string, costs: readonly number[]) {
  const cost = median(costs);
  return {
    what,
    nightjar: `${ms(cost)} (highest ${ms(Math.max(...costs))})`,
    against: null,
    ratio: null,
    goal: '≤ 100 ms',
    isMet: cost <= 100,
  };
}
