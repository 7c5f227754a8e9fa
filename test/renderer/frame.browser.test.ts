// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { FixtureHost } from '../support/fixture-host.ts';
import { NOW } from '../support/fixture-jobs.ts';
import { screenshot, SOON } from '../support/window-page.ts';
import { test } from '../support/window-test.ts';

let host: FixtureHost;
let page: Page;

test.beforeEach(async ({ open }) => {
  ({ page, host } = await open());
  await page.locator('[data-job]').first().waitFor();
});

const job = (id: string) => page.locator(`[data-job="${id}"]`);
const focused = () => page.evaluate<string>('document.activeElement.dataset.job ?? document.activeElement.className');

test('the token is taken out of the address and kept for the session only', async () => {
  expect(page.url()).not.toContain('token');
  expect(await page.evaluate('sessionStorage.getItem("nightjar.token")')).toBe('fixture-token');
  await page.reload();
  await job('warehouse/dbt-nightly').waitFor();
});

test('the sidebar has every job below its folder, with when it is due and how it went', async () => {
  expect(await page.locator('aside h2').allTextContents()).toEqual(['backups', 'infra', 'reports', 'warehouse']);
  const text = (await job('infra/mirror-git-remotes').innerText()).split('\n').map((line) => line.trim());
  expect(text).toEqual(expect.arrayContaining(['mirror-git-remotes', 'in 3 m 10 s', 'every 15 min']));
  expect(await job('infra/mirror-git-remotes').locator('time').getAttribute('title')).toContain(
    '21:45:00 Europe/Berlin',
  );
  const strip = job('warehouse/dbt-nightly').locator('svg[aria-label^="last 20"]');
  expect(await strip.getAttribute('aria-label')).toBe('last 20 runs: 18 succeeded, 2 failed');
});

test('a job file with a mistake says the first one in place, and its job cannot be run', async () => {
  const row = page.locator('li', { has: job('reports/weekly-cost-report') });
  expect(await row.innerText()).toContain('Line 14: unknown key “retires”');
  await row.hover();
  expect(await row.getByRole('button').count()).toBe(0);
});

test('the filter narrows the list, and an arrow leads from it into the jobs', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('ware view');
  await expect.poll(() => page.locator('[data-job]').count(), SOON).toBe(1);
  await page.keyboard.press('ArrowDown');
  expect(await focused()).toBe('warehouse/refresh-materialized-views');
  await page.keyboard.press('/');
  await page.keyboard.press('Escape');
  await expect.poll(() => page.locator('[data-job]').count(), SOON).toBe(14);
});

test('the jobs are one tab stop: arrows, Home and End move, and letters jump to a name', async () => {
  await job('backups/photos-to-nas').focus();
  await page.keyboard.press('ArrowDown');
  expect(await focused()).toBe('backups/postgres-nightly');
  await page.keyboard.press('End');
  expect(await focused()).toBe('warehouse/refresh-materialized-views');
  await page.keyboard.press('Home');
  await page.keyboard.type('stan');
  expect(await focused()).toBe('reports/standup-digest');
  expect(await page.locator('nav[data-typing] [tabindex="0"]').count()).toBe(1);
});

test('N runs the job in focus next, and Space pauses and resumes it', async () => {
  await job('reports/uptime-rollup').focus();
  const next = host.called('queue.next');
  await page.keyboard.press('n');
  expect(await next).toEqual({ job: 'reports/uptime-rollup', params: {} });
  const pause = host.called('queue.pause');
  await page.keyboard.press(' ');
  expect(await pause).toEqual({ job: 'reports/uptime-rollup', untilAt: null });
  await job('reports/uptime-rollup').getByRole('img', { name: 'paused' }).waitFor();
  const resume = host.called('queue.resume');
  await page.keyboard.press(' ');
  expect(await resume).toEqual({ job: 'reports/uptime-rollup' });
});

test('single keys are letters while text is edited', async () => {
  await job('reports/uptime-rollup').focus();
  await page.keyboard.press('/');
  await page.keyboard.type('n?gq');
  expect(await page.locator('[data-filter]').inputValue()).toBe('n?gq');
  expect(host.calls).toEqual([]);
});

test('a job with parameters is not run without asking; what was chosen last time is remembered', async () => {
  const row = page.locator('li', { has: job('warehouse/dbt-nightly') });
  await row.hover();
  await row.getByRole('button', { name: 'Run next' }).click();
  const dialog = page.getByRole('dialog', { name: 'Run dbt-nightly next' });
  expect(await dialog.getByLabel('target').inputValue()).toBe('staging');
  await dialog.getByLabel('threads').fill('many');
  expect(await dialog.innerText()).toContain('Must be a number.');
  expect(await dialog.getByRole('button', { name: 'Run next' }).isDisabled()).toBe(true);
  await dialog.getByLabel('threads').fill('8');
  await dialog.getByLabel('full_refresh').check();
  const next = host.called('queue.next');
  await page.keyboard.press('Enter');
  expect(await next).toEqual({
    job: 'warehouse/dbt-nightly',
    params: { target: 'staging', models: 'all', threads: '8', full_refresh: 'true' },
  });
  await expect.poll(() => dialog.count(), SOON).toBe(0);
});

test('F6 goes round header, filter, jobs and main area, and back with Shift', async () => {
  const part = () =>
    page.evaluate<string>(
      `['header','[data-filter]','nav[data-typing]','main'].find((part) => document.activeElement.closest(part)) ?? 'none'`,
    );
  const seen: string[] = [];
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press('F6');
    seen.push(await part());
  }
  expect(seen).toEqual(['header', '[data-filter]', 'nav[data-typing]', 'main', 'header']);
  await page.keyboard.press('Shift+F6');
  expect(await part()).toBe('main');
});

test('pausing is one click, for an hour two, and the header says until when', async () => {
  await page.getByRole('button', { name: 'Pause for…' }).click();
  const pause = host.called('queue.pause');
  await page.getByRole('menuitem', { name: 'For 1 hour' }).click();
  expect(await pause).toEqual({ untilAt: NOW + 3_600_000 });
  await page.getByText('Paused until 22:41').waitFor();
  const resume = host.called('queue.resume');
  await page.getByRole('button', { name: 'Resume' }).click();
  await resume;
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
});

test('a host that goes away is said so, and what changed meanwhile is read when it is back', async () => {
  await host.restart(async () => {
    await page.getByText('Nightjar does not answer.').waitFor();
    host.state.waiting.splice(0, 4);
  });
  // The host may have taken five seconds to close, and the window then tries again every four.
  await expect.poll(() => page.locator('main ol li').count(), { ...SOON, timeout: 20_000 }).toBe(1);
  expect(await page.getByText('Nightjar does not answer.').count()).toBe(0);
  const next = host.called('queue.next');
  await job('reports/uptime-rollup').focus();
  await page.keyboard.press('n');
  await next;
  await expect.poll(() => page.locator('main ol li').count(), SOON).toBe(2);
});

test('a refusal is shown as the sentence that it came with', async () => {
  host.state.jobs = host.state.jobs.filter(({ id }) => id !== 'reports/uptime-rollup');
  await job('reports/uptime-rollup').focus();
  await page.keyboard.press('n');
  const messages = page.getByRole('region', { name: 'Messages' });
  await expect.poll(() => messages.innerText(), SOON).toContain('There is no job reports/uptime-rollup.');
});

test('how many runs go at once is set where the scheduler looks for it', async () => {
  await page.getByRole('button', { name: 'Settings' }).click();
  const set = host.called('settings.set');
  await page.getByRole('spinbutton', { name: 'Runs at the same time' }).fill('6');
  await page.keyboard.press('Tab');
  expect(await set).toEqual({ key: 'maxParallelRuns', value: 6 });
});

test('the theme that is chosen is there before the next first paint', async () => {
  await page.keyboard.press('g');
  await page.keyboard.press('q');
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByText('Dark', { exact: true }).click();
  await expect
    .poll(() => page.evaluate('getComputedStyle(document.body).backgroundColor'), SOON)
    .toBe('rgb(15, 18, 24)');
  await page.reload({ waitUntil: 'commit' });
  await expect.poll(() => page.evaluate('document.documentElement?.dataset.theme'), SOON).toBe('dark');
});

test('a job has a menu at the other button and at the menu key, and gives the focus back', async () => {
  await job('warehouse/dbt-nightly').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Pause for 1 hour' }).waitFor();
  expect(await page.getByRole('menuitem').allInnerTexts()).toEqual([
    'Run next',
    'Show last run',
    'Pause for 1 hour',
    'Pause until tomorrow',
    'Pause until resumed',
    'Edit',
    'Copy id',
    'All its runs',
  ]);
  await screenshot(page, 'job-menu');
  const paused = host.called('queue.pause');
  await page.getByRole('menuitem', { name: 'Pause for 1 hour' }).click();
  expect(await paused).toEqual({ job: 'warehouse/dbt-nightly', untilAt: NOW + 3_600_000 });
  await expect.poll(focused, SOON).toBe('warehouse/dbt-nightly');
  await page.keyboard.press('ContextMenu');
  await page.getByRole('menuitem', { name: 'Edit' }).waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(focused, SOON).toBe('warehouse/dbt-nightly');
});

test('a run that fails elsewhere is told once, with its log; one that goes on failing is not', async () => {
  const fail = (id: string, run: number) => {
    const failed = host.state.jobs.find((one) => one.id === id)!;
    failed.last = { id: run, number: 97, state: 'failed', endedAt: NOW };
    failed.strip = [...failed.strip.slice(1), { id: run, state: 'failed' }];
    host.emit('jobs.changed', undefined, {});
  };
  const told = page.getByRole('region', { name: 'Messages' });
  fail('infra/prune-docker-volumes', 214_290);
  await told.getByText(/^prune-docker-volumes #97 failed/).waitFor();
  await screenshot(page, 'failure-told');
  const next = host.called('jobs.list');
  fail('infra/prune-docker-volumes', 214_291);
  await next;
  await told.getByRole('button', { name: 'Show log' }).click();
  await expect.poll(() => page.url(), SOON).toContain('#/run/214290');
  expect(await told.getByText(/failed/).count()).toBe(0);
});
