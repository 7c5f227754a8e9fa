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
  ({ page, host } = await open({}, { at: '#/history' }));
  await page.locator('[data-run]').first().waitFor();
});

const states = () => page.locator('[data-run] .state').allTextContents();
const box = () => page.locator('main .box');

test('last night has a head of its own, and the error stands in the row', async () => {
  await page.getByText('Wed 18 Nov 22:00 to Thu 19 Nov 06:00').waitFor();
  const row = page.getByRole('link', { name: /dbt-nightly.*02:25:14/ });
  expect(await row.innerText()).toContain('Compilation Error in model stg_orders');
});

test('F leaves the failures, the address has the filter, and the count is exact', async () => {
  await page.keyboard.press('f');
  await expect.poll(async () => new Set(await states()).size, SOON).toBeLessThan(3);
  expect(new Set(await states())).toEqual(new Set(['failed', 'timed out']));
  await expect.poll(() => page.url(), SOON).toContain('state=failed%2Ctimed-out');
  await page.getByText('9,321 of 214,308 runs').waitFor();
  await page.getByRole('button', { name: 'Remove filter: state' }).click();
  await page.getByText('214,308 runs', { exact: true }).waitFor();
});

test('a name that is typed narrows in place, and going away and back keeps it', async () => {
  await page.getByRole('textbox', { name: 'Job', exact: true }).fill('dbt');
  await expect
    .poll(async () => new Set(await page.locator('[data-run] .name').allTextContents()), SOON)
    .toEqual(new Set(['dbt-nightly']));
  await page.locator('[data-run] a').first().click();
  await expect.poll(() => page.url(), SOON).toContain('#/run/');
  await page.goBack();
  await expect.poll(() => page.getByRole('textbox', { name: 'Job', exact: true }).inputValue(), SOON).toBe('dbt');
});

test('frequent jobs are left out in one click', async () => {
  await page.getByRole('button', { name: 'Leave out 4 frequent' }).click();
  await page.getByText('Without 4 frequent jobs').waitFor();
  await expect
    .poll(async () => (await page.locator('[data-run] .name').allTextContents()).includes('load-orders'), SOON)
    .toBe(false);
});

test('states are chosen in a menu that stays open', async () => {
  await page.getByRole('button', { name: 'Any state' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'cancelled' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'interrupted' }).click();
  await page.keyboard.press('Escape');
  await expect.poll(async () => [...new Set(await states())].sort(), SOON).toEqual(['cancelled', 'interrupted']);
});

test('a search that finds nothing says what there would be, and clears', async () => {
  await page.getByRole('textbox', { name: 'Job', exact: true }).fill('zzz');
  await page.getByText('No runs match. 214,308 without filters.').waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect.poll(() => page.locator('[data-run]').count(), SOON).toBeGreaterThan(10);
});

test('pages come while one scrolls, and only what is in sight is in the page', async () => {
  for (let i = 0; i < 5; i++) {
    await box().evaluate((element) => (element.scrollTop = element.scrollHeight));
    await expect
      .poll(() => box().evaluate((element) => element.scrollHeight - element.scrollTop))
      .toBeGreaterThan(2_000);
  }
  expect(await page.locator('[data-run]').count()).toBeLessThan(80);
  expect(await box().evaluate((element) => element.scrollHeight)).toBeGreaterThan(1_000 * 28);
});

test('new runs collect behind a button while one reads further down, and nothing moves', async () => {
  await box().evaluate((element) => (element.scrollTop = 900));
  // A row that is in sight there, by its run: which rows are in the page follows the scrolling a frame later.
  const row = page.locator(`[data-run="${host.state.newestRun - 40}"]`);
  await row.waitFor();
  const top = () => row.evaluate((element) => element.getBoundingClientRect().top);
  const before = await top();
  host.state.newestRun += 3;
  host.state.history += 3;
  host.emit('queue.changed', undefined, {});
  await page.getByRole('button', { name: '3 new runs' }).waitFor();
  expect(await top()).toBe(before);
  await page.getByRole('button', { name: '3 new runs' }).click();
  await expect
    .poll(() => page.locator('[data-run]').first().getAttribute('data-run'), SOON)
    .toBe(String(host.state.newestRun));
});

test('arrows move, Enter opens a failure at the line to look at, R runs it again', async () => {
  await page.locator('[data-run] a').first().focus();
  for (let i = 1; i <= 60; i++) {
    await page.keyboard.press('ArrowDown');
    // Twelve rows are drawn beyond those in sight, and more with the next frame, for which keys do not wait.
    if (i % 6 === 0) await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => resolve()))');
  }
  const id = await page.evaluate<string>('document.activeElement.closest("[data-run]").dataset.run');
  expect(Number(id)).toBe(host.state.newestRun - 60);
  const again = host.called('runs.again');
  await page.keyboard.press('r');
  expect(await again).toEqual({ run: Number(id), definition: 'same', from: 'start' });
  await page.keyboard.press('Home');
  const error = host.called('log.firstError');
  await page.keyboard.press('Enter');
  await error;
  await expect.poll(() => page.url(), SOON).toContain('#/run/');
});

test('a million runs open as quickly as a hundred', async () => {
  host.state.history = 1_000_000;
  host.state.newestRun = 1_000_000;
  const open = async (): Promise<number> => {
    await page.keyboard.press('g');
    await page.keyboard.press('q');
    await page.getByRole('heading', { name: 'Running' }).waitFor();
    const startedAt = performance.now();
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.getByText('1,000,000 runs', { exact: true }).waitFor();
    return performance.now() - startedAt;
  };
  // The machine that tests share is slow; a person would see 100 ms. It may be busy once or twice, not each time.
  let took = await open();
  for (let turn = 1; turn < 5 && took >= 1_500; turn++) took = await open();
  expect(took).toBeLessThan(1_500);
});
