import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { writePast } from '../support/real-past.ts';
import { go, jobRow, look, RealWindow, runNext } from '../support/real-window.ts';
import { realisticPast, REALISTIC_JOBS } from '../support/realistic-home.ts';
import { smallerPng } from '../support/smaller-png.ts';
import { poll } from '../support/window-test.ts';

const PICTURES = join(import.meta.dirname, '../../docs/screenshots');
/** Tracked files change only when that is asked for. */
const isAsked = process.env['NIGHTJAR_SCREENSHOTS'] === '1';

async function picture(page: Page, name: string, themes: readonly ('light' | 'dark')[]): Promise<void> {
  if (!isAsked) return;
  mkdirSync(PICTURES, { recursive: true });
  // A test's own folder is no place of a user's.
  await page.evaluate(`for (const walker = document.createTreeWalker(document.body, 4); walker.nextNode();)
    walker.currentNode.data = walker.currentNode.data.replace(/\\S*nightjar-served-\\w+/, '~/nightjar')`);
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme });
    const file = smallerPng(await page.screenshot());
    expect(file.length, name).toBeLessThan(200_000);
    writeFileSync(join(PICTURES, `${name}-${theme}.png`), file);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** The last midnight in Berlin, where these jobs are at home. */
function midnight(now: number): number {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'medium' }).format(now);
  const [hours, minutes, seconds] = clock.split(':').map(Number) as [number, number, number];
  return now - (now % 1_000) - ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

test(
  'a home that has been lived in for weeks: queue, failed run, editor and history',
  { timeout: 150_000 },
  async () => {
    const now = Date.now();
    const { runs, skips } = realisticPast(now, midnight(now));
    const window = await RealWindow.start(REALISTIC_JOBS, { before: (folders) => writePast(folders, runs, skips) });
    const page = await window.open();
    await runNext(page, 'infra/mirror-git-remotes');
    await runNext(page, 'backups/photos-to-nas');
    await page.getByText('2 of 2 slots').waitFor();
    for (const id of ['reports/uptime-rollup', 'infra/renew-certificates', 'backups/postgres-nightly'])
      await runNext(page, id);
    await page.locator('main').getByText('Not set: CLOUDFLARE_API_TOKEN').waitFor();
    await page.mouse.move(1275, 795);
    await page.evaluate('document.activeElement.blur()');
    // A picture in which everything has just begun shows little.
    const enoughSeconds = isAsked ? 28 : 1;
    const elapsed = async () => Number.parseInt(await page.locator('article .eta b').first().innerText());
    await vi.waitFor(async () => expect(await elapsed()).toBeGreaterThanOrEqual(enoughSeconds), { timeout: 60_000 });
    await look(page, 'lived-in-queue');
    await picture(page, 'queue', ['light', 'dark']);

    await page.locator('[data-job="warehouse/load-orders"]').click();
    await page.locator('.ln.err').waitFor();
    expect(await page.locator('.ln.err .msg').innerText()).toContain('duplicate key value');
    await page.mouse.move(1275, 795);
    await page.evaluate('document.activeElement.blur()');
    await look(page, 'lived-in-run');
    await picture(page, 'run', ['dark']);

    await go(page, '#/history');
    await page.locator('[data-run]').nth(10).waitFor();
    await page.getByRole('button', { name: /Leave out/ }).click();
    await poll(() => page.getByText('Last night').count()).toBeGreaterThan(0);
    await page.mouse.move(1275, 795);
    await look(page, 'lived-in-history');
    await picture(page, 'history', ['dark']);

    await go(page, '#/edit/reports/weekly-cost-report.yml');
    await page.locator('.cm-content').waitFor();
    await page.locator('.cm-line', { hasText: 'retry:' }).click();
    await page.keyboard.press('Home');
    for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowRight');
    await page.keyboard.type('s');
    await page.locator('.cm-problem-line').getByText('did you mean').waitFor();
    await page.mouse.move(1275, 795);
    await look(page, 'lived-in-editor');
    await picture(page, 'editor', ['light', 'dark']);
    await page.keyboard.press('Control+.');
    await page.locator('.cm-problem-line').waitFor({ state: 'detached' });
    expect(await jobRow(page, 'reports/weekly-cost-report').innerText()).not.toContain('Line');
  },
);
