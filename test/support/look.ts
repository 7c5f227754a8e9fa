import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { screenshot, SIZES } from './window-page.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** WCAG 2.2 AA, by the names axe has for its parts. */
const RULES = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
/** All that a theme changes. */
const COLOURS = { type: 'rule', values: ['color-contrast'] };

/**
 * Nothing on the page breaks WCAG AA, in either theme, and no size makes the window scroll as a whole; it is drawn at every size in
 * both themes, as `name-size-theme`. The page is left as it was.
 */
export async function look(page: Page, name: string): Promise<void> {
  const before = page.viewportSize()!;
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize(before);
    expect(await violations(page, theme === 'light' ? RULES : COLOURS), `${name}, ${theme}`).toEqual([]);
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), size).toBeLessThanOrEqual(0);
      await screenshot(page, `${name}-${size}-${theme}`);
    }
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: 'light' });
}

async function violations(page: Page, runOnly: object): Promise<string[]> {
  await page.evaluate(`window.axe ?? (() => { ${AXE} })()`);
  return page.evaluate<string[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html.slice(0, 160) + ' ' + node.failureSummary)))`,
  );
}
