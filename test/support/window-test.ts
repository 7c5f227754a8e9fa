import type { Browser, Page } from 'playwright-core';
import { expect, test as base } from 'vitest';
import type { Handlers } from '../../electron/api/rpc.ts';
import { startFixtureHost, type FixtureHost } from './fixture-host.ts';
import { launchBrowser, openWindow, type PageOptions } from './window-page.ts';

export interface OpenWindow {
  readonly page: Page;
  readonly host: FixtureHost;
}

/**
 * A test with a window: `open` starts a fixture host with these handlers and opens the window at an address. Both are closed when
 * the test ends, and the test fails where the page reported an error or asked another host.
 */
export const test = base.extend<{
  browser: Browser;
  open: (handlers: Partial<Handlers>, options: PageOptions) => Promise<OpenWindow>;
}>({
  browser: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const browser = await launchBrowser();
      await use(browser);
      await browser.close();
    },
    { scope: 'file' },
  ],
  open: async ({ browser }, use) => {
    const closes: (() => Promise<unknown>)[] = [];
    const problems: string[][] = [];
    await use(async (handlers, options) => {
      const host = await startFixtureHost(undefined, handlers);
      closes.unshift(() => host.close());
      const opened = await openWindow(browser, host.address, options);
      problems.push(opened.problems);
      closes.unshift(() => opened.page.context().close());
      return { page: opened.page, host };
    });
    for (const close of closes) await close();
    if (problems.flat().length > 0) throw new Error(`The page reported: ${problems.flat().join('; ')}`);
  },
});

/** Waits until what is looked at is as expected; bounded, and longer than a busy machine needs. */
export function poll<T>(look: () => Promise<T> | T) {
  return expect.poll(look, { timeout: 8_000 });
}
