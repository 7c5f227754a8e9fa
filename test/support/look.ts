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
 * Nothing on the page breaks WCAG AA, in either theme, and no size makes the window scroll as a whole; it is drawn narrow and wide in
 * both themes, as `name-size-theme`. The page is left as it was. A picture costs a quarter of a second, so there are no more.
 */
export async function look(page: Page, name: string): Promise<void> {
  const before = page.viewportSize()!;
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await violations(page, RULES), `${name}, light`).toEqual([]);
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    await page.setViewportSize({ width, height });
    // What measures its own place follows a new size a frame later.
    const overhang = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
    await expect.poll(overhang, { message: size }).toBeLessThanOrEqual(0);
    if (size !== 'middle') await screenshot(page, `${name}-${size}-light`);
  }
  // Wide still; a theme moves nothing.
  await page.emulateMedia({ colorScheme: 'dark' });
  await screenshot(page, `${name}-wide-dark`);
  await page.setViewportSize({ width: SIZES.narrow[0], height: SIZES.narrow[1] });
  await screenshot(page, `${name}-narrow-dark`);
  await page.setViewportSize(before);
  expect(await violations(page, COLOURS), `${name}, dark`).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
}

async function violations(page: Page, runOnly: object): Promise<string[]> {
  await page.evaluate(`window.axe ?? (() => { ${AXE} })()`);
  return page.evaluate<string[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html.slice(0, 160) + ' ' + node.failureSummary)))`,
  );
}
