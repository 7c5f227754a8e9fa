import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { inject } from 'vitest';
import { NOW } from './fixture-jobs.ts';

/** Narrow is the least that the desktop's window can be in width. */
export const SIZES = { narrow: [720, 640], middle: [1280, 800], wide: [1600, 1000] } as const;

const SCREENSHOTS = path.resolve(import.meta.dirname, '../screenshots');

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the one browser of all tests listens. */
    browser: string;
  }
}

/** The browser that is there for all tests: to start one costs a second. What is opened in it is closed by `close`. */
export function connectBrowser(): Promise<Browser> {
  return chromium.connect(inject('browser'));
}

export interface PageOptions {
  size?: keyof typeof SIZES;
  theme?: 'light' | 'dark';
  /** The address within the window: `#/history?state=failed`. */
  at?: string;
  /** The window's clock stands still at the fixture's present; false: it runs. */
  isClockFixed?: boolean;
}

export interface OpenedWindow {
  readonly page: Page;
  /** What a person would not see, and a test must not either. */
  readonly problems: string[];
}

/** Opens the window at a host's address, in a context of its own. */
export async function openWindow(browser: Browser, address: string, options: PageOptions = {}): Promise<OpenedWindow> {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(8_000);
  const opened: OpenedWindow = { page, problems: [] };
  const { origin } = new URL(address);
  page.on('pageerror', (error) => opened.problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('WebSocket')) opened.problems.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) opened.problems.push(`asked another host: ${request.url()}`);
  });
  await showWindow(page, address, options);
  return opened;
}

/** Loads the window as if nobody had been there before; in a page that has shown it this takes a third of the time. */
export async function showWindow(page: Page, address: string, options: PageOptions): Promise<void> {
  const { size = 'middle', theme = 'light', at, isClockFixed = true } = options;
  const [width, height] = SIZES[size];
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: theme });
  if (isClockFixed) await page.clock.setFixedTime(NOW);
  await page.goto(address);
  await page.locator('main').waitFor();
  if (at !== undefined) await page.evaluate(`location.hash = ${JSON.stringify(at)}`);
  await page.evaluate('document.fonts.ready.then(() => null)');
}

/** Leaves a page as if nobody had been there, before its host goes: what still loads would be reported in the next test. */
export async function leaveWindow(page: Page): Promise<void> {
  const { origin } = new URL(page.url());
  await page.evaluate('sessionStorage.clear()');
  await page.goto('about:blank');
  // A pointer that rests where the last test left it would hold the next one's list still.
  await page.mouse.move(0, 0);
  // Only now: a page that is left keeps its drafts.
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'local_storage' });
  await session.detach();
}

/** For `expect.poll`: a page needs a moment, on a machine that is busy a longer one. */
export const SOON = { timeout: 8_000, interval: 25 };

/** Into the folder that is looked at and never committed. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}
