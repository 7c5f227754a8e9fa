// `test` is window-test.ts's, which the rule does not know to be one.
/* eslint-disable vitest/no-standalone-expect */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { FixtureHost } from '../support/fixture-host.ts';
import { NOW } from '../support/fixture-jobs.ts';
import { SOON } from '../support/window-page.ts';
import { test } from '../support/window-test.ts';

let host: FixtureHost;
let page: Page;

test.beforeEach(async ({ open }) => {
  ({ page, host } = await open());
  await rows().first().waitFor();
});

const rows = () => page.locator('main ol > li');
const names = () => page.locator('main ol > li .name').allTextContents();
const DBT = ['restore-drill', 'mirror-git-remotes', 'refresh-materialized-views', 'scan-container-images'];
const ORDER = [...DBT, 'renew-certificates-staging-and-preview'];

async function drag(from: number, to: number, share: number): Promise<void> {
  const [start, end] = [await rows().nth(from).boundingBox(), await rows().nth(to).boundingBox()];
  await page.mouse.move(start!.x + 200, start!.y + 16);
  await page.mouse.down();
  await page.mouse.move(start!.x + 200, start!.y + 22);
  await page.mouse.move(end!.x + 200, end!.y + end!.height * share, { steps: 5 });
}

test('what runs shows its live tasks against their medians, past the mark in amber', async () => {
  const card = page.getByRole('article', { name: 'load-orders #1841' });
  const bars = card.getByRole('img', { name: /of the median/ });
  expect(await bars.evaluateAll((all) => all.map((bar) => bar.getAttribute('aria-label')))).toEqual([
    '83 % of the median',
    '132 % of the median',
  ]);
  expect(await card.innerText()).toContain('attempt 2 of 3');
  expect(await card.innerText()).toContain('of about 3 m 20 s');
});

test('why a run waits is a sentence, and a click on it leads to the run it waits for', async () => {
  expect(await rows().nth(4).innerText()).toContain('Not set: CLOUDFLARE_API_TOKEN');
  await page.getByRole('link', { name: 'Group warehouse is busy: load-orders' }).click();
  await expect.poll(() => page.url(), SOON).toContain('#/run/214308');
});

test('a row that is dragged lifts, a line shows its place, and dropping moves it there', async () => {
  await drag(3, 0, 0.2);
  await expect.poll(() => rows().nth(3).getAttribute('class'), SOON).toContain('lifted');
  await expect.poll(() => rows().nth(0).getAttribute('class'), SOON).toContain('before');
  expect(await names()).toEqual(ORDER);
  const move = host.called('queue.move');
  await page.mouse.up();
  expect(await move).toEqual({ run: 214_313, to: 214_310, place: 'before' });
  await expect.poll(names, SOON).toEqual([ORDER[3], ORDER[0], ORDER[1], ORDER[2], ORDER[4]]);
  expect(page.url()).not.toContain('#/run');
});

test('Escape puts a dragged row back, and a drop where it was is no move', async () => {
  await drag(0, 3, 0.8);
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await drag(1, 0, 0.9);
  await page.mouse.up();
  expect(host.calls).toEqual([]);
  expect(await names()).toEqual(ORDER);
});

test('Alt and an arrow move the row in focus, which keeps the focus, and the place is said aloud', async () => {
  await page
    .getByRole('link', { name: /mirror-git-remotes/ })
    .last()
    .focus();
  const move = host.called('queue.move');
  await page.keyboard.press('Alt+ArrowDown');
  expect(await move).toEqual({ run: 214_311, to: 214_312, place: 'after' });
  await expect.poll(names, SOON).toEqual([ORDER[0], ORDER[2], ORDER[1], ORDER[3], ORDER[4]]);
  await page.getByText('mirror-git-remotes, now position 3 of 5').waitFor({ state: 'attached' });
  await page.keyboard.press('Alt+ArrowUp');
  await expect.poll(names, SOON).toEqual(ORDER);
  expect(await page.evaluate('document.activeElement.innerText')).toContain('mirror-git-remotes');
});

test('Run next on a waiting run puts it on top; the cross takes it out', async () => {
  await rows().nth(4).hover();
  const first = host.called('queue.first');
  await rows().nth(4).getByRole('button', { name: 'Run next' }).click();
  expect(await first).toEqual({ run: 214_314 });
  await expect.poll(async () => (await names())[0], SOON).toBe(ORDER[4]);
  await rows().nth(1).hover();
  const cancel = host.called('runs.cancel');
  await rows().nth(1).getByRole('button', { name: 'Cancel run' }).click();
  expect(await cancel).toEqual({ run: 214_310 });
});

test('N on a waiting run is that run, also while a job is chosen; Delete takes it out', async () => {
  await page.evaluate('document.querySelector(\'[data-job="reports/uptime-rollup"]\').click()');
  await page.goBack();
  await rows().nth(2).locator('[data-row]').focus();
  const first = host.called('queue.first');
  await page.keyboard.press('n');
  expect(await first).toEqual({ run: 214_312 });
  // Its row has moved and has the focus again.
  await page.getByText('refresh-materialized-views, now position 1 of 5').waitFor({ state: 'attached' });
  const cancel = host.called('runs.cancel');
  await page.keyboard.press('Delete');
  expect(await cancel).toEqual({ run: 214_312 });
  expect(host.calls.map(({ method }) => method)).toEqual(['queue.first', 'runs.cancel']);
});

test('nothing moves under the pointer: what ended stays, greyed, until the pointer leaves', async () => {
  await rows().nth(2).hover();
  host.state.waiting.splice(0, 1);
  host.emit('queue.changed', undefined, {});
  await expect.poll(() => rows().nth(0).getAttribute('class'), SOON).toContain('gone');
  expect(await names()).toEqual(ORDER);
  expect(await page.getByRole('heading', { name: 'Waiting' }).locator('..').innerText()).toContain('4');
  await page.mouse.move(640, 60);
  await expect.poll(names, SOON).toEqual(ORDER.slice(1));
});

test('the timeline names the collision of the night, and a click on a job lets one skip an occurrence', async () => {
  await page.getByText('Fri 02:00: 7 due, 2 slots, clear by 02:28').waitFor();
  await page.getByRole('button', { name: 'dbt-nightly 2 runs in 48 hours' }).click();
  const coming = page.getByRole('dialog', { name: 'Coming runs of dbt-nightly' });
  const skip = host.called('jobs.skip');
  await coming.getByRole('button', { name: 'Skip this one' }).last().click();
  expect(await skip).toEqual({ job: 'warehouse/dbt-nightly', dueAt: Date.parse('2026-11-21T01:00:00Z') });
  await page.keyboard.press('Escape');
  await expect.poll(() => coming.count(), SOON).toBe(0);
});

test('an engine that is down is a fact, its effect and what to do; when it is back, that is said for a moment', async () => {
  const { engine } = host.state.status;
  host.state.status.engine = { ...engine, state: 'unavailable', error: 'connection refused', triedAt: NOW - 12_000 };
  host.emit('status.changed', undefined, {});
  const banner = page.getByRole('alert');
  await banner.waitFor();
  expect(await banner.innerText()).toContain('1 run waits for it; process tasks go on. Nothing queued is lost.');
  expect(await banner.innerText()).toContain(
    'unix:///var/run/docker.sock: connection refused. Start Docker, and the runs go on by themselves. Away since 21:41:38.',
  );
  host.state.status.engine = engine;
  host.emit('status.changed', undefined, {});
  await page.getByText('Docker is back. 1 run goes on.').waitFor();
  await expect.poll(() => page.getByText('Docker is back.').count(), SOON).toBe(0);
});

test('an empty queue teaches: what is next, and how many slots are free', async () => {
  host.state.running = [];
  host.state.waiting = [];
  host.emit('queue.changed', undefined, {});
  await page.getByText('Nothing runs. Next: mirror-git-remotes in 3 m 10 s.').waitFor();
  expect(await page.getByText('Nothing waits. 2 of 2 slots are free.').count()).toBe(1);
});

test('who comes back after a night is told what failed and what was skipped, and can run it next', async () => {
  await page.evaluate('localStorage.setItem("nightjar.seenAt", String(Date.now() - 28 * 3600e3))');
  await page.reload();
  const card = page.getByRole('region', { name: 'While you were away' });
  await card.waitFor();
  const text = await card.innerText();
  expect(text).toContain('dbt-nightly');
  expect(text).toContain('stopped by timeout: 30m, in task grype');
  expect(text).toContain('the job is paused, 3 times');
  const next = host.called('queue.next');
  await card.getByRole('button', { name: 'Run next' }).nth(2).click();
  expect(await next).toMatchObject({ job: 'infra/scan-container-images' });
  await card.getByRole('button', { name: 'Dismiss' }).click();
  expect(await card.count()).toBe(0);
});

test('of a queue of thousands the first hundred are drawn; the rest is counted, and more of it comes when asked for', async () => {
  const [run] = host.state.waiting;
  host.state.running = [];
  host.state.waiting = Array.from({ length: 2_500 }, (_, i) => ({ ...run!, id: 900_000 + i, position: i + 1 }));
  host.emit('queue.changed', undefined, {});
  await page.getByText('2,400 more wait behind these.').waitFor();
  expect(await rows().count()).toBe(100);
  expect(await page.getByRole('link', { name: /^Queue/ }).innerText()).toContain('2,500');
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByText('2,100 more wait behind these.').waitFor();
  expect(await rows().count()).toBe(400);
});
