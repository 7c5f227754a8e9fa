import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { NOW } from './fixture-jobs.ts';

export const SIZES = { narrow: [900, 640], middle: [1280, 800], wide: [1600, 1000] } as const;

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const SCREENSHOTS = path.resolve(import.meta.dirname, '../screenshots');

/** The system's browser; `CHROMIUM` names another. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: FLAGS });
}

export interface PageOptions {
  size?: keyof typeof SIZES;
  theme?: 'light' | 'dark';
  /** The address within the window: `#/history?state=failed`. */
  at?: string;
  /** The window's clock stands still at the fixture's present; false: it runs. */
  isClockFixed?: boolean;
}

/** Opens the window at a fixture host's address, and fails later, in `problems`, on what a person would not see. */
export async function openWindow(
  browser: Browser,
  address: string,
  { size = 'middle', theme = 'light', at, isClockFixed = true }: PageOptions = {},
): Promise<{ page: Page; problems: string[] }> {
  const [width, height] = SIZES[size];
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(8_000);
  const problems: string[] = [];
  const origin = new URL(address).origin;
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('WebSocket')) problems.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) problems.push(`asked another host: ${request.url()}`);
  });
  if (isClockFixed) await page.clock.setFixedTime(NOW);
  await page.goto(address);
  await page.locator('main').waitFor();
  if (at !== undefined) await page.evaluate(`location.hash = ${JSON.stringify(at)}`);
  await page.evaluate('document.fonts.ready.then(() => null)');
  return { page, problems };
}

/** For `expect.poll`: a page needs a moment, on a machine that is busy a longer one. */
export const SOON = { timeout: 8_000, interval: 25 };

/** Into the folder that is looked at and never committed. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}
