// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { fixtureJobs, NOW } from '../support/fixture-jobs.ts';
import { SOON } from '../support/window-page.ts';
import { test } from '../support/window-test.ts';

const JOBS = 3_000;
/** What the sidebar draws while the page is idle, and a chunk more. */
const WHILE_IDLE = 500 + 64;

let page: Page;

test.beforeEach(async ({ open }) => {
  const [first] = fixtureJobs();
  const jobs = Array.from({ length: JOBS }, (_, index) => {
    const id = `many/job-${String(index).padStart(4, '0')}`;
    return { ...first!, id, file: `${id}.yml`, pipelineName: id };
  });
  const occurrences = jobs.map(({ id }, index) => ({ job: id, dueAt: NOW + (index + 1) * 30_000, medianMs: 1_000 }));
  ({ page } = await open(
    { 'jobs.upcoming': () => ({ occurrences, bands: [] }) },
    { change: (state) => void (state.jobs = jobs) },
  ));
  await page.locator('[data-job]').first().waitFor();
});

const rows = () => page.locator('aside [data-job]');

test('of thousands of jobs some hundreds are drawn, and what is scrolled to follows', async () => {
  await expect.poll(() => rows().count(), SOON).toBeGreaterThanOrEqual(500);
  expect(await rows().count()).toBeLessThanOrEqual(WHILE_IDLE);
  const list = page.locator('aside nav');
  const tall = await list.evaluate((nav) => (nav as unknown as { scrollHeight: number }).scrollHeight);
  // The bar says how many there are, whatever is drawn.
  expect(tall).toBeGreaterThan(JOBS * 40);
  await rows().last().scrollIntoViewIfNeeded();
  await expect.poll(() => rows().count(), SOON).toBeGreaterThan(WHILE_IDLE);
  await list.evaluate((nav) => nav.scrollTo(0, 1e9));
  await page.locator('[data-job="many/job-2999"]').waitFor();
});

test('the filter finds a job that is not drawn, and so does the palette', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('job-2987');
  await expect.poll(() => rows().count(), SOON).toBe(1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.locator('[role=combobox]:focus').waitFor();
  expect(await page.getByRole('option').count()).toBe(15);
  await page.keyboard.type('run job-2987');
  await expect.poll(() => page.getByRole('option').first().innerText(), SOON).toContain('Run next: job-2987');
});

test('coming occurrences of thousands of jobs are shown a hundred jobs at a time', async () => {
  const lanes = () => page.locator('.grid [data-row]').count();
  await page.getByRole('button', { name: '2,986 more jobs' }).click();
  await page.getByRole('button', { name: '2,886 more jobs' }).waitFor();
  expect(await lanes()).toBe(114);
});
