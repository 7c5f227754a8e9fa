import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { median, ms } from './measure.ts';
import { ROOT, serve } from './nightjar.ts';
import { writePastRuns } from './past-runs.ts';
import { writeHundredJobs } from './ready.bench.ts';
import { launchBrowser } from './window-page.ts';
import type { Row } from './row.ts';

const ROUNDS = 7;

export default {
  title: 'Window: bundle, first paint, queue shown',
  async run(folder) {
    writeHundredJobs(folder, 100);
    writePastRuns(folder, 10_000);
    const served = await serve(folder);
    const browser = await launchBrowser();
    const [paints, queues]: [number[], number[]] = [[], []];
    const loaded = new Set<string>();
    try {
      for (let round = 0; round <= ROUNDS; round++) {
        const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
        const page = await context.newPage();
        await page.addInitScript(NOTE_WHEN_SHOWN);
        page.on('request', (request) => loaded.add(new URL(request.url()).pathname));
        await page.goto(served.address);
        const [paint, queue] = await page.evaluate<[number, number]>('shown');
        if (round > 0) {
          paints.push(paint);
          queues.push(queue);
        } else {
          // With all that follows by itself.
          await page.waitForLoadState('networkidle');
        }
        await context.close();
      }
    } finally {
      await browser.close();
      await served.stop();
    }
    const bytes = (isCounted: (path: string) => boolean): number =>
      files()
        .filter(isCounted)
        .reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
    const isFont = (path: string): boolean => path.endsWith('.woff2');
    const code = bytes((path) => !isFont(path) && [...loaded].some((name) => name !== '/' && path.endsWith(name)));
    const fonts = files()
      .filter((path) => isFont(path) && [...loaded].some((name) => path.endsWith(name)))
      .reduce((sum, path) => sum + readFileSync(path).length, 0);
    const kilobytes = (size: number): string => `${(size / 1_000).toFixed(0)} kB`;
    return {
      findings: [
        bound('what the window loads by itself, gzip', kilobytes(code), '≤ 250 kB', code <= 250_000),
        bound('fonts that it loads', kilobytes(fonts), '≤ 120 kB', fonts <= 120_000),
        bound('first paint after the address is opened', ms(median(paints)), '≤ 300 ms', median(paints) <= 300),
        bound('jobs and queue shown', ms(median(queues)), '≤ 300 ms', median(queues) <= 300),
      ],
    };
  },
} satisfies Row;

/**
 * In the page, from its beginning: when it was painted first and when jobs and queue were drawn, in milliseconds since it was asked
 * for. It looks by itself, frame by frame: questions from outside wait for a page that is busy, and then some.
 */
const NOTE_WHEN_SHOWN = `globalThis.shown = new Promise((resolve) => {
  const look = () => {
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    const isShown = document.querySelector('[data-job]') && document.querySelector('main section[aria-label="Waiting"]');
    if (paint && isShown) resolve([paint.startTime, performance.now()]);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})`;

function files(): string[] {
  const window = join(ROOT, 'dist', 'renderer');
  return readdirSync(window, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function bound(what: string, nightjar: string, goal: string, isMet: boolean) {
  return { what, nightjar, against: null, ratio: null, goal, isMet };
}
