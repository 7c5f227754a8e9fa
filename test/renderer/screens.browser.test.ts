import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFixtureHost, type FixtureState } from '../support/fixture-host.ts';
import { launchBrowser, openWindow, screenshot, SIZES } from '../support/window-page.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** WCAG 2.2 AA, by the names axe has for its parts. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

type Screen = {
  name: string;
  at?: string;
  change?: (state: FixtureState) => void;
  act?: (page: Page) => Promise<unknown>;
  /** What is there when it is drawn. */
  until: string;
};

const emptied = (state: FixtureState) => Object.assign(state, { jobs: [], running: [], waiting: [], history: 0 });
const SCREENS: Screen[] = [
  { name: 'queue', until: 'text=Slots needed, of 2' },
  { name: 'history', at: '#/history', until: '[data-run]' },
  { name: 'settings', at: '#/settings', until: 'text=Jobs home' },
  { name: 'empty', change: emptied, until: 'text=Start from a template' },
  {
    name: 'engine-down',
    change: ({ status }) => {
      status.engine = {
        ...status.engine,
        state: 'unavailable',
        error: 'connection refused',
        triedAt: status.now - 12_000,
      };
    },
    until: 'text=Docker does not answer.',
  },
  {
    name: 'paused',
    change: ({ status }) =>
      Object.assign(status, { pause: { sinceAt: status.now, untilAt: status.now + 3_600_000 }, olderRuns: 2 }),
    until: 'text=Paused until 22:41',
  },
  {
    name: 'away',
    act: async (page) => {
      await page.evaluate('localStorage.setItem("nightjar.seenAt", String(Date.now() - 14 * 3600e3))');
      await page.reload();
    },
    until: 'text=While you were away',
  },
  {
    name: 'palette',
    act: async (page) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('run db');
    },
    until: '[role=option]',
  },
  { name: 'keys', act: (page) => page.keyboard.press('?'), until: '[role=dialog]' },
  {
    name: 'run-dialog',
    act: async (page) => {
      await page.locator('[data-job="warehouse/dbt-nightly"]').focus();
      await page.keyboard.press('n');
    },
    until: '[role=dialog]',
  },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  test.each(SCREENS)(
    '$name is accessible by WCAG AA and holds at every size',
    async ({ name, at, change, act, until }) => {
      const host = await startFixtureHost(change);
      try {
        const { page, problems } = await openWindow(browser, host.address, { theme, at });
        await page.locator('aside').waitFor();
        if (change !== emptied) await page.locator('[data-job]').first().waitFor();
        await act?.(page);
        await page.locator(until).first().waitFor();
        await page.evaluate(AXE);
        const found = await page.evaluate<string[]>(
          `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) =>
          violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html.slice(0, 160) + ' ' + node.failureSummary)))`,
        );
        expect(found).toEqual([]);
        for (const [size, [width, height]] of Object.entries(SIZES)) {
          await page.setViewportSize({ width, height });
          // The window never scrolls as a whole; its parts do.
          expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), size).toBeLessThanOrEqual(0);
          await screenshot(page, `${name}-${size}-${theme}`);
        }
        expect(problems).toEqual([]);
        await page.context().close();
      } finally {
        await host.close();
      }
    },
  );
});
