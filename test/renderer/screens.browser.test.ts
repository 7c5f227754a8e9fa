import type { Page } from 'playwright-core';
import type { FixtureState } from '../support/fixture-host.ts';
import { look } from '../support/look.ts';
import { test } from '../support/window-test.ts';

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
      // Once the host is known, when it was last looked is written down; after that it stays as it is set here.
      await page.getByText('Slots needed, of 2').first().waitFor();
      await page.evaluate('localStorage.setItem("nightjar.seenAt", String(Date.now() - 14 * 3600e3))');
      await page.reload();
    },
    until: 'text=While you were away',
  },
  {
    name: 'palette',
    act: async (page) => {
      await page.keyboard.press('Control+k');
      await page.locator('[role=combobox]:focus').waitFor();
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

for (const { name, at, change, act, until } of SCREENS)
  test(`${name} is accessible by WCAG AA in both themes and holds at every size`, async ({ open }) => {
    const { page } = await open({}, { at, change });
    await page.locator('aside').waitFor();
    if (change !== emptied) await page.locator('[data-job]').first().waitFor();
    await act?.(page);
    await page.locator(until).first().waitFor();
    await look(page, name);
  });
