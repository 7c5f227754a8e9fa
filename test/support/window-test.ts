import type { Browser } from 'playwright-core';
import { expect, test as base } from 'vitest';
import type { Handlers } from '../../electron/api/rpc.ts';
import { startFixtureHost, type FixtureHost, type FixtureState } from './fixture-host.ts';
import {
  leaveWindow,
  connectBrowser,
  openWindow,
  showWindow,
  type OpenedWindow,
  type PageOptions,
} from './window-page.ts';

export interface OpenWindow extends OpenedWindow {
  readonly host: FixtureHost;
}

export interface WindowOptions extends PageOptions {
  /** Changes what the host has before anybody looks. */
  readonly change?: (state: FixtureState) => void;
}

/** The page that a file's tests show their windows in one after another, and the port that it knows them at. */
class Kept {
  opened: OpenedWindow | undefined;
  port = 0;
}

/**
 * A test with a window: `open` starts a fixture host with these handlers and shows the window at an address. The host is closed when
 * the test ends, and the test fails where the page reported an error or asked another host. Tests of a file share a page, each
 * loads the window anew with empty storages; a second window in a test, or one whose clock runs, is a page of its own.
 */
export const test = base.extend<{
  browser: Browser;
  kept: Kept;
  open: (handlers?: Partial<Handlers>, options?: WindowOptions) => Promise<OpenWindow>;
}>({
  browser: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const browser = await connectBrowser();
      await use(browser);
      await browser.close();
    },
    { scope: 'file' },
  ],
  // eslint-disable-next-line no-empty-pattern
  kept: [async ({}, use) => use(new Kept()), { scope: 'file' }],
  open: async ({ browser, kept, task }, use) => {
    const hosts: FixtureHost[] = [];
    const own: OpenedWindow[] = [];
    let isKeptShown = false;
    await use(async (handlers = {}, { change, ...options } = {}) => {
      const isShared = !isKeptShown && options.isClockFixed !== false;
      const host = await startFixtureHost(change, handlers, isShared ? kept.port : 0);
      hosts.push(host);
      if (!isShared) {
        const opened = await openWindow(browser, host.address, options);
        own.push(opened);
        return { ...opened, host };
      }
      isKeptShown = true;
      kept.port = host.port;
      if (kept.opened === undefined) kept.opened = await openWindow(browser, host.address, options);
      else await showWindow(kept.opened.page, host.address, options);
      return { ...kept.opened, host };
    });
    if (isKeptShown && kept.opened !== undefined) await leaveWindow(kept.opened.page);
    const problems = [...own, ...(isKeptShown && kept.opened ? [kept.opened] : [])].flatMap((each) =>
      each.problems.splice(0),
    );
    for (const { page } of own) await page.context().close();
    // Whatever a failed test left behind is nothing that the next one should meet.
    if (kept.opened !== undefined && task.result?.state === 'fail') {
      await kept.opened.page.context().close();
      kept.opened = undefined;
    }
    for (const host of hosts) await host.close();
    if (problems.length > 0) throw new Error(`The page reported: ${problems.join('; ')}`);
  },
});

/** Waits until what is looked at is as expected; bounded, and longer than a busy machine needs. */
export function poll<T>(look: () => Promise<T> | T) {
  return expect.poll(look, { timeout: 8_000 });
}
