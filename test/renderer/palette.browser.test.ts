// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { FixtureHost } from '../support/fixture-host.ts';
import { SOON } from '../support/window-page.ts';
import { test } from '../support/window-test.ts';

let host: FixtureHost;
let page: Page;

test.beforeEach(async ({ open }) => {
  ({ page, host } = await open());
  await page.locator('[data-job]').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.locator('[role=combobox]:focus').waitFor();
});

const options = () => page.getByRole('option');
const palette = () => page.getByRole('dialog', { name: 'Run, open or search' });

test('two words find a job by its name and its description, and Enter runs it next', async () => {
  await page.keyboard.type('run postg');
  await expect.poll(() => options().first().innerText(), SOON).toContain('Run next: postgres-nightly');
  const next = host.called('queue.next');
  await page.keyboard.press('Enter');
  expect(await next).toEqual({ job: 'backups/postgres-nightly', params: {} });
  await expect.poll(() => palette().count(), SOON).toBe(0);
});

test('what asks for parameters asks for them', async () => {
  await page.keyboard.type('run dbt');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Run dbt-nightly next' }).waitFor();
  expect(host.calls).toEqual([]);
});

test('arrows choose across the groups, and the field names the choice to a screen reader', async () => {
  await page.keyboard.type('mirror');
  const field = page.getByRole('combobox');
  await page.keyboard.press('ArrowDown');
  expect(await field.getAttribute('aria-activedescendant')).toBe('palette-1');
  expect(await options().nth(1).getAttribute('aria-selected')).toBe('true');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  const last = (await options().count()) - 1;
  expect(await field.getAttribute('aria-activedescendant')).toBe(`palette-${last}`);
});

test('what was used lately comes first when nothing is typed', async () => {
  await page.keyboard.type('history failed');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url(), SOON).toContain('#/history?state=failed');
  await page.keyboard.press('Control+k');
  await expect
    .poll(() => page.getByRole('group', { name: 'Open' }).getByRole('option').first().innerText(), SOON)
    .toContain('History: failed only');
});

test('a number sign searches runs, a greater sign leaves commands only', async () => {
  await page.keyboard.type('#dbt');
  await expect.poll(() => options().first().innerText(), SOON).toContain('dbt-nightly #412');
  await page.getByRole('combobox').fill('>pause');
  await expect.poll(async () => await page.getByRole('group').count(), SOON).toBe(1);
  const pause = host.called('queue.pause');
  await page.keyboard.press('Enter');
  expect(await pause).toMatchObject({});
});

test('Escape closes it and gives the focus back', async () => {
  await page.keyboard.press('Escape');
  await palette().waitFor({ state: 'detached' });
  await page.locator('[data-job="reports/uptime-rollup"]').focus();
  await page.keyboard.press('Control+k');
  await palette().waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => page.evaluate('document.activeElement.dataset.job'), SOON).toBe('reports/uptime-rollup');
});
